// Runs before the first paint: “as the device” becomes light or dark, and scripts are known to run.
(() => {
  const root = document.documentElement
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const chosen = root.dataset.theme
    root.dataset.bsTheme = chosen === 'auto' ? (dark.matches ? 'dark' : 'light') : chosen
    document.dispatchEvent(new CustomEvent('ka:theme'))
  }
  root.classList.add('has-script')
  apply()
  dark.addEventListener('change', apply)
})()
