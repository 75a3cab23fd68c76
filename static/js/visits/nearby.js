// The stores nearest to the phone, first: at once where the phone's place may be asked already, else when somebody taps for it.
(() => {
  const page = document.getElementById('start-page')
  if (!page) return
  const form = document.getElementById('start-form')
  const button = page.querySelector('[data-nearest]')
  const words = page.querySelector('[data-nearest-words]')

  form.addEventListener('change', (event) => {
    if (event.target.name !== 'purpose') return
    page.querySelector('[data-purpose-words]').textContent = event.target.nextElementSibling.textContent
    event.target.closest('details').open = false
  })

  async function showNearest() {
    const before = [...button.childNodes]
    button.disabled = true
    button.textContent = button.dataset.busy
    const place = await window.kaPlace.whereAmI()
    button.disabled = false
    button.replaceChildren(...before)
    if (!place) {
      words.textContent = button.dataset.none
      words.hidden = false
      return
    }
    for (const [name, value] of Object.entries(place)) form.elements[name].value = value
    form.dataset.placed = 'yes'
    button.hidden = true
    if (page.querySelector('#start-words').value.trim()) return
    try {
      const query = new URLSearchParams({ for: 'start', latitude: place.latitude, longitude: place.longitude })
      const answer = await fetch(`${page.dataset.url}?${query}`, { credentials: 'same-origin' })
      if (!answer.ok || answer.redirected) return
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('start-stores')
      if (fresh) document.getElementById('start-stores').replaceWith(document.importNode(fresh, true))
    } catch { /* the list of likely stores stays */ }
  }
  button.addEventListener('click', showNearest)
  if (!navigator.geolocation || !window.isSecureContext) return
  button.hidden = false
  navigator.permissions?.query({ name: 'geolocation' }).then((answer) => { if (answer.state === 'granted') showNearest() }, () => {})
})()
