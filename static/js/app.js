// What the shell does beyond links and forms. Everything here is an addition: each page works without it.
(() => {
  const $ = (selector, from = document) => from.querySelector(selector)
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)]

  // --- htmx: token, progress, failures ------------------------------------------------------------------------------------
  const token = () => $('input[name=csrfmiddlewaretoken]')?.value
  let running = 0
  const busy = (change) => {
    running = Math.max(0, running + change)
    document.documentElement.classList.toggle('is-busy', running > 0)
  }
  document.addEventListener('htmx:configRequest', (event) => {
    if (event.detail.verb !== 'get' && token()) event.detail.headers['X-CSRFToken'] = token()
    if (event.detail.elt.matches('[data-skip-empty]')) dropEmpty(event.detail)
  })
  document.addEventListener('htmx:beforeRequest', () => busy(1))
  document.addEventListener('htmx:afterRequest', () => busy(-1))
  document.addEventListener('htmx:sendError', (event) => {
    if (!waitingPanel(event)) toast('danger', $('#toasts').dataset.offline)
  })
  document.addEventListener('htmx:responseError', (event) => {
    const { status } = event.detail.xhr
    if (status === 401) return
    const words = $('#toasts').dataset
    const number = event.detail.xhr.getResponseHeader('X-Request-Id') || status
    if (waitingPanel(event)) return
    if (event.detail.xhr.getResponseHeader('Retry-After')) toast('danger', words.busy)
    else toast('danger', status >= 500 ? `${words.error} ${number}` : words.refused)
  })
  // A server answer may carry HX-Trigger: {"ka:toast": {"tone": "ok", "text": "…"}}.
  document.addEventListener('ka:toast', (event) => toast(event.detail.tone, event.detail.text))

  // A panel that cannot be fetched says so in its place, with a button to fetch it again.
  function waitingPanel(event) {
    const part = event.detail.target
    const place = part.isConnected && $('.panel-wait', part)
    if (!place) return false
    const words = $('#toasts').dataset
    const again = document.createElement('button')
    again.type = 'button'
    again.className = 'btn btn-outline-secondary btn-sm'
    again.textContent = words.again
    const { elt, requestConfig } = event.detail
    again.addEventListener('click', () => {
      again.disabled = true
      htmx.ajax('GET', requestConfig.path, { source: elt, target: part, swap: elt.getAttribute('hx-swap') || 'innerHTML' })
    })
    place.replaceChildren(`${words.panel} `, again)
    return true
  }

  function dropEmpty(detail) {
    for (const [name, value] of [...detail.formData.entries()]) {
      if (value === '') detail.formData.delete(name)
    }
  }

  // --- toasts -------------------------------------------------------------------------------------------------------------
  function toast(tone, text) {
    if ($$('.toast-words').some((words) => words.textContent === text)) return // a page that asks every minute says it once
    const note = $('#toasts template').content.firstElementChild.cloneNode(true)
    note.classList.add(`tone-${tone}`)
    $('.toast-words', note).textContent = text
    if (tone === 'danger') note.setAttribute('role', 'alert')
    $('#toasts').append(note)
    fade(note)
  }
  function fade(note) {
    if (note.classList.contains('tone-danger') || note.classList.contains('tone-warn') || $('form', note)) return
    let timer = setTimeout(() => note.remove(), 7000)
    note.addEventListener('pointerenter', () => clearTimeout(timer))
    note.addEventListener('pointerleave', () => { timer = setTimeout(() => note.remove(), 3000) })
  }
  $$('.toast-note').forEach(fade)

  // --- menus, windows, sheets ---------------------------------------------------------------------------------------------
  const closeMenus = (except) => $$('details.menu[open]').forEach((menu) => { if (menu !== except) menu.open = false })
  document.addEventListener('click', (event) => {
    const at = event.target
    closeMenus(at.closest('details.menu'))
    const opener = at.closest('[data-open]')
    if (opener) $(opener.dataset.open)?.showModal()
    if (at.closest('[data-close]') || at instanceof HTMLDialogElement) at.closest('dialog')?.close()
    at.closest('[data-dismiss]')?.parentElement.remove()
    const copying = at.closest('[data-copy]')
    if (copying) navigator.clipboard?.writeText(copying.dataset.copy).then(() => toast('ok', $('#toasts').dataset.copied))
    if (at.closest('[data-print]')) print()
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    const menu = event.target.closest?.('details.menu[open]')
    closeMenus()
    if (menu) $('summary', menu).focus()
  })
  $$('details[data-keep]').forEach((group) => {
    const name = `ka:${group.dataset.keep}`
    if (localStorage.getItem(name) === 'closed' && !$('[aria-current]', group)) group.open = false
    group.addEventListener('toggle', () => localStorage.setItem(name, group.open ? 'open' : 'closed'))
  })
  if (matchMedia('(min-width: 768px)').matches) $$('details[data-wide-open]').forEach((group) => { group.open = true })

  $$('.tabs [aria-current]').forEach((tab) => tab.scrollIntoView({ block: 'nearest', inline: 'center' }))

  // The navigation stays where it was scrolled to, with the current page in sight.
  const side = $('.sidebar-scroll')
  if (side) {
    side.scrollTop = Number(sessionStorage.getItem('ka:side'))
    const here = $('[aria-current]', side)
    const height = side.clientHeight
    if (here && height) {
      const top = here.getBoundingClientRect().top - side.getBoundingClientRect().top
      if (top < 0 || top > height - 48) side.scrollTop += top - height / 2
    }
    addEventListener('pagehide', () => sessionStorage.setItem('ka:side', side.scrollTop))
  }

  // --- asking before what is hard to take back ----------------------------------------------------------------------------
  const box = $('#confirm')
  let waiting = null
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (!form.dataset.confirm || form.dataset.confirmed) {
      delete form.dataset.confirmed
      return
    }
    event.preventDefault()
    event.stopImmediatePropagation()
    waiting = [form, event.submitter]
    $('#confirm-title').textContent = form.dataset.confirm
    $('#confirm-text').textContent = form.dataset.confirmText || ''
    $('#confirm-yes').textContent = form.dataset.confirmLabel || $('#confirm-yes').dataset.default
    box.showModal()
  }, true)
  $('#confirm-yes')?.addEventListener('click', () => {
    const [form, submitter] = waiting
    box.close()
    form.dataset.confirmed = 'yes'
    form.requestSubmit(submitter)
  })

  // --- “back” above a record leads to the list as it was left: filter, order and page (kept by lists.js) ---------------------
  const left = JSON.parse(sessionStorage.getItem('ka:list') || 'null')
  if (left) $$('a.crumb').forEach((link) => { if (link.pathname === left.path && !link.search) link.href = left.address })

  // --- forms: sent once, empty filters left out, focus on the first mistake -------------------------------------------------
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented) return
    if (form.matches('[data-skip-empty]')) {
      for (const field of form.elements) if (field.value === '') field.disabled = true
    }
    if (form.method === 'post' && !form.hasAttribute('hx-post')) {
      if (form.dataset.sent) event.preventDefault()
      form.dataset.sent = 'yes'
      busy(1)
    }
  })
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    $$('form[data-sent]').forEach((form) => delete form.dataset.sent)
    $$('[data-skip-empty] :disabled').forEach((field) => { field.disabled = false })
    busy(-running)
  })
  $('main .is-invalid, main [aria-invalid=true]')?.focus()

  // --- leaving a form page with words in it asks first ----------------------------------------------------------------------
  const form = $('main form.form-card[method=post]')
  if (form) {
    let unsaved = form.matches(':has(.is-invalid, .alert-danger, .notice)')
    form.addEventListener('input', () => { unsaved = true })
    addEventListener('beforeunload', (event) => { if (unsaved && !form.dataset.sent) event.preventDefault() })
  }

  // --- files dropped or chosen --------------------------------------------------------------------------------------------
  function listFiles(drop) {
    const input = $('input[type=file]', drop)
    $('[data-file-list]', drop).replaceChildren(...[...input.files].map((file) => {
      const line = document.createElement('li')
      line.textContent = `${file.name} · ${file.size > 1e6 ? `${(file.size / 1e6).toFixed(1)} MB` : `${Math.ceil(file.size / 1e3)} kB`}`
      return line
    }))
    drop.classList.toggle('has-files', input.files.length > 0)
  }
  document.addEventListener('change', (event) => {
    const drop = event.target.closest('[data-file-drop]')
    if (drop) listFiles(drop)
  })
  for (const kind of ['dragover', 'dragleave', 'drop']) {
    document.addEventListener(kind, (event) => {
      const drop = event.target.closest?.('[data-file-drop]')
      if (!drop) return
      event.preventDefault()
      drop.classList.toggle('is-over', kind === 'dragover')
      if (kind === 'drop') {
        $('input[type=file]', drop).files = event.dataTransfer.files
        listFiles(drop)
      }
    })
  }

  // --- keyboard -----------------------------------------------------------------------------------------------------------
  const typing = (at) => at.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]')
  let before = ''
  const rows = () => $$('table[data-rows] > tbody > tr')
  function mark(step) {
    const all = rows()
    if (!all.length) return
    const now = all.findIndex((row) => row.classList.contains('is-marked'))
    const next = all[Math.max(0, Math.min(all.length - 1, now + step))]
    all.forEach((row) => row.classList.toggle('is-marked', row === next))
    next.scrollIntoView({ block: 'nearest' })
    $('a', next)?.focus({ preventScroll: true })
  }
  const pages = $('.keys-pages')
  if (pages) {
    pages.append(...$$('[data-go]').map((link) => {
      const line = document.createElement('div')
      const keys = document.createElement('dt')
      const name = document.createElement('dd')
      keys.append(...['g', link.dataset.go].flatMap((key) => [Object.assign(document.createElement('kbd'), { textContent: key }), ' ']))
      name.textContent = link.textContent.trim()
      line.append(keys, name)
      return line
    }))
  }
  const keys = {
    '/': () => ($('[data-slash-list]') || $('[data-slash]'))?.focus(),
    '?': () => $('#keyboard-help')?.showModal(),
    j: () => mark(1),
    k: () => mark(-1),
    n: () => $('[data-main-action]')?.click(),
    o: () => $('tr.is-marked :is(th, td:not(.pick)) a')?.click(),
    x: () => $('tr.is-marked .pick input')?.click(),
    Enter: (event) => (event.target === document.body ? $('tr.is-marked a')?.click() : 'leave'),
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || $('dialog[open]')) return
    const page = before === 'g' && $(`[data-go="${CSS.escape(event.key)}"]`)
    before = event.key
    if (page) {
      event.preventDefault()
      page.click()
      return
    }
    const act = keys[event.key]
    if (act && act(event) !== 'leave') event.preventDefault()
  })
})()
