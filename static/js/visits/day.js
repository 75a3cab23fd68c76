// Forms marked data-with-clock say what time it is on the phone when they are sent; the server keeps its own time beside it.
(() => {
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (form.matches('[data-with-clock]') && form.elements.at) form.elements.at.value = new Date().toISOString()
  }, true)
  // A choice that sends its form at once; without scripts there is a button.
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-send-at-once]')) event.target.form.requestSubmit()
  })
})()
