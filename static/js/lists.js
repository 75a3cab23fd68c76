// What lists do beyond links and forms: rows chosen for a verb, filters that search as one types, the place one comes back to.
(() => {
  const $ = (selector, from = document) => from.querySelector(selector)
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)]

  // --- rows chosen --------------------------------------------------------------------------------------------------------
  const boxes = () => $$('.pick input[name=row]')
  let last = null
  function showChosen() {
    const bar = $('[data-bulk]')
    if (!bar) return
    const chosen = boxes().filter((box) => box.checked).length
    const all = $('[name=_all]', bar)
    const page = $('[data-pick-page]', bar)
    const count = $('.bulk-count', bar)
    bar.classList.toggle('is-active', chosen > 0 || Boolean(all?.checked))
    count.textContent = all?.checked ? '' : count.dataset.words.replace('{count}', chosen)
    if (page) {
      page.checked = chosen > 0 && chosen === boxes().length
      page.indeterminate = chosen > 0 && chosen < boxes().length
    }
  }
  document.addEventListener('click', (event) => {
    const box = event.target.closest('.pick input[name=row]')
    if (!box) return
    const all = boxes()
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other)
      all.slice(from, to + 1).forEach((one) => { one.checked = box.checked })
    }
    last = box
  })
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-pick-page]')) boxes().forEach((box) => { box.checked = event.target.checked })
    if (event.target.matches('[name=_all]') && !event.target.checked) boxes().forEach((box) => { box.checked = false })
    if (event.target.closest('.pick, [data-bulk]')) showChosen()
  })

  // --- one row of many, searched for ----------------------------------------------------------------------------------------
  function searchable(box) {
    const name = box.name
    const kept = document.createElement('input') // what is sent: the row's id; the box only shows its name
    kept.type = 'hidden'
    kept.name = name
    kept.value = box.dataset.rowChoice || box.value
    box.removeAttribute('name')
    box.before(kept)
    box.setAttribute('role', 'combobox')
    box.setAttribute('aria-expanded', 'false')
    box.setAttribute('aria-autocomplete', 'list')
    const list = document.createElement('ul')
    list.className = 'row-offers'
    list.id = `${box.id}-offers`
    list.setAttribute('role', 'listbox')
    list.hidden = true
    box.setAttribute('aria-controls', list.id)
    box.after(list)
    let shown = box.value
    let asked = 0
    let timer = null

    const close = () => {
      list.hidden = true
      box.setAttribute('aria-expanded', 'false')
      box.removeAttribute('aria-activedescendant')
    }
    const choose = (id, label) => {
      box.value = shown = label
      close()
      if (kept.value === String(id)) return
      kept.value = id
      kept.dispatchEvent(new Event('change', { bubbles: true }))
    }
    const mark = (at) => {
      $$('[role=option]', list).forEach((one, place) => one.setAttribute('aria-selected', String(place === at)))
      const marked = $('[aria-selected=true]', list)
      if (marked) box.setAttribute('aria-activedescendant', marked.id)
      marked?.scrollIntoView({ block: 'nearest' })
    }
    const offer = async () => {
      const mine = ++asked
      const address = `${box.form.getAttribute('hx-get').split('?')[0]}?_choices=${encodeURIComponent(name)}&_q=${encodeURIComponent(box.value === shown ? '' : box.value)}`
      const answer = await fetch(address, { headers: { Accept: 'application/json' } }).catch(() => null)
      if (!answer?.ok || mine !== asked || document.activeElement !== box) return
      const { choices } = await answer.json()
      list.replaceChildren(...choices.map(({ id, label }, place) => {
        const line = document.createElement('li')
        line.setAttribute('role', 'option')
        line.setAttribute('aria-selected', 'false')
        line.id = `${list.id}-${place}`
        line.dataset.id = id
        line.textContent = label
        return line
      }))
      list.hidden = !choices.length
      box.setAttribute('aria-expanded', String(choices.length > 0))
      if (choices.length && box.value && box.value !== shown) mark(0)
    }
    box.addEventListener('focus', () => { box.select(); offer() })
    box.addEventListener('input', (event) => {
      event.stopPropagation()
      clearTimeout(timer)
      timer = setTimeout(offer, 150)
    })
    box.addEventListener('change', (event) => event.stopPropagation()) // the list changes when a row is chosen, not a letter
    box.addEventListener('blur', () => {
      close()
      if (box.value === '') choose('', '')
      else if (box.value !== shown) choose(box.value, box.value) // unknown words: the server says what it makes of them
    })
    box.addEventListener('keydown', (event) => {
      const options = $$('[role=option]', list)
      const at = options.findIndex((one) => one.getAttribute('aria-selected') === 'true')
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault()
        mark(Math.max(0, Math.min(options.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1))))
      } else if (event.key === 'Enter' && !list.hidden && at >= 0) {
        event.preventDefault()
        choose(options[at].dataset.id, options[at].textContent)
      } else if (event.key === 'Escape' && !list.hidden) {
        event.stopPropagation()
        box.value = shown
        close()
      }
    })
    list.addEventListener('pointerdown', (event) => {
      event.preventDefault() // keeps the box focused
      const line = event.target.closest('[role=option]')
      if (line) choose(line.dataset.id, line.textContent)
    })
  }

  // --- the place one comes back to ------------------------------------------------------------------------------------------
  const here = () => location.pathname + location.search
  function remember(row) {
    const place = $$('table[data-rows] > tbody > tr').indexOf(row)
    sessionStorage.setItem('ka:list', JSON.stringify({ address: here(), path: location.pathname, place, top: scrollY }))
  }
  function comeBack() {
    const kept = JSON.parse(sessionStorage.getItem('ka:list') || 'null')
    if (!kept) return
    const [entry] = performance.getEntriesByType('navigation')
    if (kept.address !== here()) return
    $$('table[data-rows] > tbody > tr')[kept.place]?.classList.add('is-marked')
    if (entry?.type === 'back_forward' || document.referrer.startsWith(location.origin)) scrollTo({ top: kept.top, behavior: 'instant' })
  }
  document.addEventListener('click', (event) => {
    const row = event.target.closest('table[data-rows] > tbody > tr')
    if (row && event.target.closest('a') && $('#list-part')) remember(row)
  })

  const prepare = () => {
    $$('input[data-row-choice][name]').forEach(searchable)
    showChosen()
  }
  document.addEventListener('htmx:afterSettle', prepare)
  addEventListener('pageshow', showChosen) // a browser that comes back ticks the boxes again
  prepare()
  comeBack()
})()
