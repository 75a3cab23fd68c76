// Forms marked data-with-place ask the phone where it is before they are sent; without an answer they are sent without a place.
(() => {
  const PATIENCE = 8000
  function whereAmI() {
    return new Promise((resolve) => {
      if (!navigator.geolocation || !window.isSecureContext) return resolve(null)
      const giveUp = setTimeout(() => resolve(null), PATIENCE + 500)
      const answer = (place) => { clearTimeout(giveUp); resolve(place) }
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => answer({ latitude: coords.latitude.toFixed(5), longitude: coords.longitude.toFixed(5), accuracy_m: Math.round(coords.accuracy) }),
        () => answer(null),
        { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 60000 },
      )
    })
  }
  async function withPlace(form, submitter) {
    const button = submitter || form.querySelector('[type=submit]')
    const words = [...button.childNodes]
    button.disabled = true
    if (button.dataset.busy) button.textContent = button.dataset.busy
    const place = await whereAmI()
    for (const [name, value] of Object.entries(place || {})) if (form.elements[name]) form.elements[name].value = value
    button.disabled = false
    button.replaceChildren(...words)
    return place
  }
  window.kaPlace = { withPlace, whereAmI }
  // On the recording page visit.js takes these forms over; everywhere else they are plain forms with a place.
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (!form.matches('[data-with-place]') || form.dataset.placed || form.closest('#visit')) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const { submitter } = event
    withPlace(form, submitter).then(() => {
      form.dataset.placed = 'yes'
      form.requestSubmit(submitter)
    })
  }, true)
})()
