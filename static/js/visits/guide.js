// One step at a time on a phone: what is asked for comes next, everything else stays a tap away. Wider screens show all steps.
(() => {
  const page = document.getElementById('visit')
  if (!page) return
  const phone = matchMedia('(max-width: 767px)')
  const links = [...page.querySelectorAll('.visit-steps a')]
  const bar = page.querySelector('.guide-bar')
  const sectionOf = (link) => document.getElementById(link.dataset.stepOf)
  let now = 0

  // “Next” passes over what the purpose does not ask for, unless something was said there.
  const isOnTheWay = (link) => (!link.hasAttribute('data-extra') || link.classList.contains('is-done')) && !sectionOf(link)?.querySelector('[data-skip]:checked')
  const onTheWay = () => links.map((link, place) => place).filter((place) => place === now || isOnTheWay(links[place]))

  function show(place, { focus = true } = {}) {
    now = Math.max(0, Math.min(links.length - 1, place))
    page.classList.toggle('is-guided', phone.matches)
    page.classList.toggle('is-past-start', now > 0)
    links.forEach((link, at) => {
      sectionOf(link)?.classList.toggle('is-current', at === now)
      if (phone.matches) link.toggleAttribute('aria-current', at === now)
    })
    const link = links[now]
    if (phone.matches) link.setAttribute('aria-current', 'step')
    const way = onTheWay()
    const step = way.indexOf(now) + 1
    const words = page.querySelector('[data-guide-words]')
    words.textContent = words.dataset.template.replace('{now}', step).replace('{all}', way.length)
    page.querySelector('[data-guide-title]').textContent = link.querySelector('.step-name').textContent
    const progress = page.querySelector('.guide-progress')
    progress.max = way.length
    progress.value = step
    bar.querySelector('[data-guide="-1"]').disabled = step === 1
    bar.querySelector('[data-guide="1"]').disabled = step === way.length
    link.parentElement.scrollTo({ left: link.offsetLeft - link.parentElement.clientWidth / 3 })
    if (phone.matches && focus) scrollTo({ top: 0 })
    if (link.dataset.stepOf === 'check-out') freshCheckOut()
  }

  // What is missing and how the score stands is known once everything said is on the server.
  function freshCheckOut(tries = 20) {
    if (!window.kaVisitPage || tries === 0) return
    if (window.kaVisitPage.isIdle()) window.kaVisitPage.refresh(['check-out']).then(() => document.getElementById('check-out').classList.add('is-current'))
    else setTimeout(() => freshCheckOut(tries - 1), 500)
  }

  const byHash = () => links.findIndex((link) => link.hash === location.hash)
  function go(place) {
    history.replaceState(history.state, '', links[place].hash)
    show(place)
  }
  bar.addEventListener('click', (event) => {
    const button = event.target.closest('[data-guide]')
    if (!button) return
    const way = onTheWay()
    go(way[way.indexOf(now) + Number(button.dataset.guide)] ?? now)
  })
  page.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]')
    const place = link ? links.findIndex((one) => one.hash === link.hash) : -1
    if (place < 0 || !phone.matches) return
    event.preventDefault()
    go(place)
  })
  // A step that does not apply is left behind at once.
  page.addEventListener('change', (event) => {
    if (event.target.matches('[data-skip]:checked') && phone.matches) bar.querySelector('[data-guide="1"]').click()
    else show(now, { focus: false })
  })
  document.querySelector('[data-save-show]').addEventListener('click', () => {
    const wrong = page.querySelector('[aria-invalid]')
    const place = wrong ? links.findIndex((link) => sectionOf(link)?.contains(wrong)) : -1
    if (place >= 0) go(place)
    wrong?.focus()
  })
  document.addEventListener('ka:checked-in', () => { if (phone.matches && links[now].dataset.stepOf === 'check-in') go(onTheWay()[1] ?? now) })
  phone.addEventListener('change', () => show(now, { focus: false }))
  addEventListener('hashchange', () => { if (byHash() >= 0) show(byHash()) })

  const first = links.findIndex((link) => isOnTheWay(link) && !link.classList.contains('is-done'))
  show(byHash() >= 0 ? byHash() : Math.max(first, 0), { focus: false })
})()
