// Record pages: colleagues offered while one types “@”, the keys [ and ], the minute of an “Undo”. Pages work without all of it.
(() => {
  const $ = (selector, from = document) => from.querySelector(selector)
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)]

  // --- undo: the offer goes when its minute is over ---------------------------------------------------------------------------
  $$('.toast-note').filter((note) => $('.toast-undo', note)).forEach((note) => setTimeout(() => note.remove(), 58000))

  // --- neighbours ---------------------------------------------------------------------------------------------------------------
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $('dialog[open]')) return
    if (event.target.closest?.('input, textarea, select, [contenteditable]')) return
    if (event.key === '[' || event.key === ']') $(`[data-key="${event.key}"]`)?.click()
  })

  // --- “@” --------------------------------------------------------------------------------------------------------------------
  const started = /(?:^|[\s(（，。])@([^\s@]{1,40}(?: [^\s@]{0,40})?)$/u
  const begun = (field) => started.exec(field.value.slice(0, field.selectionStart))
  let waiting = null
  let latest = 0

  async function offer(field) {
    const form = field.closest('[data-mentions]')
    const list = $('.mention-list', form)
    const match = begun(field)
    if (!match) {
      list.hidden = true
      return
    }
    const mine = ++latest
    const answer = await fetch(`${form.dataset.mentions}?q=${encodeURIComponent(match[1])}`, { headers: { 'HX-Request': 'true' } }).catch(() => null)
    if (mine !== latest) return
    if (!answer?.ok) {
      list.hidden = true
      return
    }
    list.innerHTML = await answer.text() // our own template, names escaped
    list.hidden = !$('.mention-choice', list)
  }
  function choose(button) {
    const form = button.closest('[data-mentions]')
    const field = $('textarea', form)
    const match = begun(field)
    const end = field.selectionStart
    const at = match ? end - match[1].length : end
    field.setRangeText(`${button.dataset.name} `, at, end, 'end')
    $('.mention-list', form).hidden = true
    field.focus()
  }
  document.addEventListener('input', (event) => {
    if (!event.target.matches('[data-mentions] textarea')) return
    clearTimeout(waiting)
    waiting = setTimeout(() => offer(event.target), 200)
  })
  document.addEventListener('click', (event) => {
    const button = event.target.closest('.mention-choice')
    if (button) choose(button)
    else $$('.mention-list').forEach((list) => { list.hidden = true })
  })
  document.addEventListener('keydown', (event) => {
    const form = event.target.closest?.('[data-mentions]')
    const list = form && $('.mention-list', form)
    if (!list || list.hidden) return
    const choices = $$('.mention-choice', list)
    const now = choices.indexOf(document.activeElement)
    if (event.key === 'Escape') list.hidden = true
    else if (event.key === 'ArrowDown') choices[Math.min(now + 1, choices.length - 1)]?.focus()
    else if (event.key === 'ArrowUp') (choices[now - 1] || $('textarea', form)).focus()
    else if (event.key === 'Enter' && now < 0 && choices[0]) choose(choices[0])
    else return
    event.preventDefault()
  })
})()
