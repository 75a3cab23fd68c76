// The recording page: every change becomes a statement in the queue, which sends it. Without this file the forms are plain forms.
(() => {
  const page = document.getElementById('visit')
  if (!page) return
  const $ = (selector, from = page) => from.querySelector(selector)
  const $$ = (selector, from = page) => [...from.querySelectorAll(selector)]
  const words = page.dataset
  const token = () => $('input[name=csrfmiddlewaretoken]').value
  const PRESENT = { on_shelf: [true, false], out_of_stock: [false, true], absent: [false, false] }
  const AGREED = { yes: true, no: false }

  $$('input.no-script[name=note]').forEach((field) => field.remove()) // the list of gaps asks for it where scripts run

  // --- what the server knows, what waits ------------------------------------------------------------------------------------
  function showState({ open, refused, sending, problem }) {
    const bar = document.getElementById('save-state')
    const text = $('[data-save-words]', bar)
    const tone = problem || refused ? 'danger' : open ? 'waiting' : 'saved'
    bar.dataset.tone = tone
    if (problem === 'offline') text.textContent = `${words.waiting.replace('{count}', open)}. ${words.offline}`
    else if (problem === 'signed-out') text.textContent = words.signedOut
    else if (problem === 'unavailable') text.textContent = words.unavailable
    else if (problem) text.textContent = problem
    else if (refused) text.textContent = words.refused
    else if (sending || open) text.textContent = words.saving
    else text.textContent = words.saved
    $('[data-save-retry]', bar).hidden = !problem
    $('[data-save-show]', bar).hidden = Boolean(problem) || !refused
  }

  const queue = new window.kaVisitQueue({
    person: words.person,
    visit: words.visit,
    lastSaid: words.lastSaid,
    page: location.pathname,
    place: words.place,
    url: words.recordUrl,
    token,
    renew: renewToken,
    onState: showState,
    onAnswer: ({ body, errors, keys }) => {
      if (errors) {
        showErrors(errors)
        markSteps()
      }
      if (!body) return
      keys.forEach(clearErrors)
      markSteps()
      notices((body.conflicts || []).map((conflict) => `${words.conflict} ${conflict.message}`))
      if (body.superseded) notices([words.superseded])
      if (keys.includes('check_out')) leave()
      else if (keys.includes('check_in')) {
        refresh(['check-in', 'check-out'])
        document.dispatchEvent(new Event('ka:checked-in'))
      }
    },
  })
  document.querySelector('[data-save-retry]').addEventListener('click', () => { queue.send(); photos.sendAll() })

  function formOf(key) {
    return $$('form[data-part]').find((form) => keyOf(form) === key)
  }
  function keyOf(form) {
    return form.dataset.id ? `${form.dataset.part} ${form.dataset.id}` : form.dataset.part
  }
  function showErrors(errors) {
    for (const [key, fields] of Object.entries(errors)) {
      const form = formOf(key)
      if (!form) continue
      const line = $('[data-errors], [data-error-of]', form)
      $('[type=submit][disabled]', form)?.removeAttribute('disabled')
      for (const field of form.elements) {
        if (!field.name || field.type === 'hidden') continue
        field.toggleAttribute('aria-invalid', field.name in fields)
        const near = $('[data-row-error]', field.closest('[data-row]') || document.createElement('p'))
        if (near) {
          near.textContent = fields[field.name] || ''
          near.hidden = !fields[field.name]
        }
      }
      if (line) {
        line.textContent = Object.values(fields).join(' ')
        line.hidden = false
      }
    }
  }
  function clearErrors(key) {
    const form = formOf(key)
    if (!form) return
    for (const field of form.elements) {
      field.removeAttribute('aria-invalid')
      const near = field.closest('[data-row]')?.querySelector('[data-row-error]')
      if (near) near.hidden = true
    }
    $$('.field-error', form).forEach((line) => { line.hidden = true })
  }
  function notices(texts) {
    const place = document.getElementById('visit-notices')
    for (const text of texts) {
      if ([...place.children].some((line) => line.textContent === text)) continue
      const line = document.createElement('p')
      line.className = 'notice tone-warn'
      line.textContent = text
      place.append(line)
    }
  }
  // Away from the page once the last photo is with the server: elsewhere nothing would send them.
  let isLeaving = false
  function leave() {
    if (photos.open === 0) return location.assign(words.detailUrl)
    if (!isLeaving) {
      notices([words.photosLeft])
      refresh(['check-out'])
    }
    isLeaving = true
  }
  // The page as the server has it now, or null where there is no answer or nobody is signed in.
  async function freshPage() {
    try {
      const answer = await fetch(location.pathname, { credentials: 'same-origin' })
      return answer.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null
    } catch { return null }
  }
  async function refresh(ids) {
    const fresh = await freshPage()
    for (const id of fresh ? ids : []) {
      const found = fresh.getElementById(id)
      const old = document.getElementById(id)
      if (!found) continue
      found.classList.toggle('is-current', old.classList.contains('is-current'))
      old.replaceWith(document.importNode(found, true))
    }
    markSteps()
  }
  // Who signs in anew in another tab gets a new token; the one of this page would be refused for ever.
  async function renewToken() {
    const fresh = (await freshPage())?.querySelector('#visit input[name=csrfmiddlewaretoken]')
    if (fresh) $$('input[name=csrfmiddlewaretoken]').forEach((field) => { field.value = fresh.value })
  }

  // --- forms to statements --------------------------------------------------------------------------------------------------
  const text = (form, name) => form.elements[name]?.value?.trim() ?? ''
  function statementOf(form) {
    const { part, id } = form.dataset
    const base = { id, changed_at: queue.stamp() }
    if (part === 'shelf') {
      const [isPresent, isOut] = PRESENT[text(form, 'state')] || [null, false]
      return { ...base, product: form.dataset.product, is_present: isPresent, is_out_of_stock: isOut, facings: isPresent === false ? '' : text(form, 'facings'), price: text(form, 'price'), stock_units: text(form, 'stock_units'), note: text(form, 'note') }
    }
    if (part === 'competitors') {
      const values = Object.fromEntries(['category', 'brand', 'description', 'price', 'facings'].map((name) => [name, text(form, name)]))
      return { ...base, ...values, is_on_promotion: form.elements.is_on_promotion.checked, is_removed: form.elements.is_removed?.checked ?? false }
    }
    if (part === 'category_asks') {
      return { ...base, ...Object.fromEntries(['category', 'monthly_value', 'monthly_units', 'all_facings', 'said_by'].map((name) => [name, text(form, name)])) }
    }
    if (part === 'observations') {
      const field = form.elements.is_as_agreed // one box where a step can only be passed over, else one of three answers
      const answer = field.type === 'checkbox' ? (field.checked ? 'na' : '') : text(form, 'is_as_agreed')
      return { ...base, topic: text(form, 'topic'), is_as_agreed: AGREED[answer] ?? null, does_not_apply: answer === 'na', note: text(form, 'note') }
    }
    return { text: text(form, 'text'), changed_at: base.changed_at }
  }
  function say(form) {
    if (form.dataset.part === 'competitors' && !text(form, 'brand')) return // nothing to say before it has a name
    queue.put(keyOf(form), form.dataset.part, statementOf(form))
  }

  let typing
  page.addEventListener('input', (event) => {
    const form = event.target.form
    if (!form?.dataset.part || !event.target.matches('input:not([type=radio], [type=checkbox], [type=hidden]), textarea')) return
    clearTimeout(typing)
    typing = setTimeout(() => { typing = 0; say(form) }, 600)
    showState({ open: queue.open + 1, refused: 0, sending: false, problem: '' })
  })
  page.addEventListener('change', (event) => {
    const form = event.target.form
    if (!form?.dataset.part) return
    clearTimeout(typing)
    typing = 0
    if (form.dataset.part === 'shelf') showShelf(form)
    say(form)
    markSteps()
  })
  page.addEventListener('submit', async (event) => {
    const form = event.target
    if (!form.dataset.part) return
    event.preventDefault()
    event.stopPropagation()
    if (form.dataset.part === 'check_in') {
      const at = new Date().toISOString()
      const place = await window.kaPlace.withPlace(form)
      $('[type=submit]', form).disabled = true
      queue.put('check_in', 'check_in', { at, ...(place || {}) })
      queue.send()
    } else if (form.dataset.part === 'check_out') {
      $('[type=submit]', form).disabled = true
      queue.put('check_out', 'check_out', { at: new Date().toISOString() })
      queue.send()
    } else say(form)
  })
  // A locked phone may never come back to this page: what is in a field and not yet said is said now.
  function sayAll() {
    const form = document.activeElement?.form
    if (typing && form?.dataset.part && !['check_in', 'check_out'].includes(form.dataset.part)) say(form)
    clearTimeout(typing)
    typing = 0
    queue.send({ last: true })
  }
  addEventListener('pagehide', sayAll)
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') sayAll() })

  // --- the shelf: steppers, what is missing, how far one is -------------------------------------------------------------------
  page.addEventListener('click', (event) => {
    const button = event.target.closest('[data-step]')
    if (button) {
      const field = $('input', button.parentElement)
      field.value = Math.max(0, Math.min(9999, (parseInt(field.value, 10) || 0) + Number(button.dataset.step)))
      const form = field.form
      if (form.dataset.part === 'shelf' && !text(form, 'state')) $('input[value=on_shelf]', form).checked = true
      field.dispatchEvent(new Event('change', { bubbles: true }))
    }
    const same = event.target.closest('[data-same], [data-same-shelf], [data-same-fields]')
    if (same) sameAsLastTime(same)
    // A second tap on the chosen answer takes it back: not checked is something else than absent.
    const chosen = event.target
    if (!chosen.matches('.toggle input[type=radio]') || !chosen.form?.dataset.part) return
    const again = chosen.dataset.was === 'yes'
    $$(`input[name=${chosen.name}]`, chosen.form).forEach((one) => { one.dataset.was = '' })
    if (again) {
      chosen.checked = false
      chosen.dispatchEvent(new Event('change', { bubbles: true }))
    } else chosen.dataset.was = 'yes'
  })
  function sameAsLastTime(button) {
    const form = button.form || $('input', button.parentElement).form
    const { same, state, facings, ...fields } = button.dataset
    if (same !== undefined) form.elements.price.value = same
    else if (state !== undefined) {
      $$('input[name=state]', form).forEach((field) => { field.checked = field.value === state })
      form.elements.facings.value = facings
    } else for (const [name, value] of Object.entries(fields)) if (form.elements[name]) form.elements[name].value = value
    form.elements[0].dispatchEvent(new Event('change', { bubbles: true }))
  }
  page.addEventListener('focusin', (event) => { if (event.target.matches('input[inputmode]')) event.target.select() })

  function showShelf(form) {
    const state = text(form, 'state')
    form.className = `fact${state ? ` is-${state}` : ''}`
    showRows()
    const list = document.getElementById('gap-list')
    let line = $(`[data-gap="${form.dataset.id}"]`, list)
    if (state !== 'out_of_stock' && state !== 'absent') return line?.remove()
    if (!line) {
      line = document.getElementById('gap-template').content.firstElementChild.cloneNode(true)
      line.dataset.gap = form.dataset.id
      $('[data-gap-name]', line).textContent = form.dataset.name
      const note = $('input', line)
      note.setAttribute('form', form.getAttribute('id')) // form.id is its hidden field of that name
      note.id = `gap-${form.dataset.id}`
      $('label', line).htmlFor = note.id
      list.append(line)
    }
    $('[data-gap-state]', line).textContent = $(`input[value=${state}] + span`, form).textContent
  }

  // Prices are asked for what is on the shelf, stock for what is there or has run out.
  function showRows() {
    for (const row of $$('[data-row]')) {
      const form = document.getElementById(`f-${row.dataset.row}`)
      const state = form ? text(form, 'state') : ''
      row.hidden = row.dataset.rowOf === 'price' ? state !== 'on_shelf' : state === 'absent'
    }
    const none = $('[data-no-rows]')
    if (none) none.hidden = $$('#price-list > li:not([hidden])').length > 0
  }

  const isFilled = (form) => [...form.elements].some((field) => (field.matches('[type=radio], [type=checkbox]') ? field.checked : field.matches('input:not([type=hidden]), textarea, select') && field.value.trim()))
  function markSteps() {
    const shelf = $$('form[data-part=shelf]')
    const done = shelf.filter((form) => text(form, 'state')).length
    const gaps = $$('#gap-list > li').length
    const put = (name, value) => $$(`[data-count=${name}]`).forEach((place) => { place.textContent = value })
    put('shelf', `${done}/${shelf.length}`)
    put('gaps', gaps)
    const taken = $$('#photo-grid > li:not(.is-refused)').length
    put('photos', taken)
    const noPhoto = $('#check-out .lacks a[href="#photos"]')?.parentElement // said by a server that is still being sent them
    if (noPhoto) noPhoto.hidden = taken > 0
    $$('[data-words=shelf]').forEach((place) => { place.textContent = words.checked.replace('{done}', done).replace('{total}', shelf.length) })
    const none = $('[data-no-gaps]')
    if (none) none.hidden = gaps > 0
    for (const step of $$('[data-step-of]')) {
      const section = document.getElementById(step.dataset.stepOf)
      if (!section || ['check-in', 'check-out', 'shelf', 'price'].includes(section.id)) continue
      step.classList.toggle('is-done', section.id === 'photos' ? taken > 0 : section.id === 'gaps' ? done > 0 : $$('form[data-part]', section).some(isFilled))
    }
    const prices = $$('#price-list > li:not([hidden]) input')
    $('[data-step-of=price]')?.classList.toggle('is-done', (prices.length > 0 && prices.every((field) => field.value.trim() && !field.hasAttribute('aria-invalid'))) || Boolean($('#price [data-skip]:checked')))
    $('[data-step-of=shelf]')?.classList.toggle('is-done', shelf.length > 0 && done === shelf.length)
    $('[data-step-of=check-in]').classList.toggle('is-done', Boolean($('#check-in .clock-done')))
    $('[data-step-of=check-out]').classList.toggle('is-done', Boolean($('#check-out .clock-done')))
  }
  // A product or competitor that htmx brings in: not twice, and its search goes away again.
  document.addEventListener('htmx:beforeRequest', (event) => {
    const wanted = event.detail.elt.dataset.addProduct
    const there = wanted && $(`form[data-product="${wanted}"]`)
    if (there) {
      event.preventDefault()
      there.scrollIntoView({ block: 'center' })
    }
  })
  document.addEventListener('htmx:afterSwap', (event) => {
    if (!['shelf-forms', 'competitor-forms'].includes(event.detail.target.id)) return
    const added = event.detail.target.lastElementChild
    $$('input.no-script[name=note]', added).forEach((field) => field.remove())
    document.getElementById('product-choices')?.replaceChildren()
    showRows()
    const search = document.getElementById('product-words')
    if (search && event.detail.target.id === 'shelf-forms') search.value = ''
    added.scrollIntoView({ block: 'center' })
    markSteps()
  })

  // --- which part of the visit is on screen ------------------------------------------------------------------------------------
  const steps = new Map($$('.visit-steps a').map((link) => [link.hash.slice(1), link]))
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting && steps.has(entry.target.id)) {
      steps.forEach((link) => link.removeAttribute('aria-current'))
      const link = steps.get(entry.target.id)
      link.setAttribute('aria-current', 'step')
      link.parentElement.scrollTo({ left: link.offsetLeft - link.parentElement.clientWidth / 3 })
    }
  }, { rootMargin: '-25% 0px -65% 0px' })
  $$('.visit-part').forEach((part) => watcher.observe(part))

  // --- what an earlier page left unsent ---------------------------------------------------------------------------------------
  function restore() {
    for (const [key, { part, value, refused }] of Object.entries(queue.statements)) {
      const form = formOf(key)
      if (!form) continue
      const filled = { ...value }
      if (part === 'shelf') filled.state = value.is_present ? 'on_shelf' : value.is_out_of_stock ? 'out_of_stock' : value.is_present === false ? 'absent' : ''
      if (part === 'observations') {
        filled.is_as_agreed = value.does_not_apply ? 'na' : value.is_as_agreed === null ? '' : value.is_as_agreed ? 'yes' : 'no'
        if (form.elements.is_as_agreed.type === 'checkbox') {
          form.elements.is_as_agreed.checked = value.does_not_apply
          continue
        }
      }
      if (part === 'shelf') {
        $$('input[name=state]', form).forEach((field) => { field.checked = field.value === filled.state })
        showShelf(form)
      }
      for (const [name, one] of Object.entries(filled)) {
        const field = form.elements[name]
        if (!field || name === 'id') continue
        if (field.type === 'checkbox') field.checked = Boolean(one)
        else field.value = one ?? ''
      }
      if (refused) showErrors({ [key]: refused })
    }
    if (queue.statements.check_in) $('#check-in [type=submit]')?.setAttribute('disabled', '')
  }

  const grid = document.getElementById('photo-grid')
  const photos = new window.kaPhotoSender({
    person: words.person,
    visit: words.visit,
    url: words.photoUrl,
    token,
    grid,
    template: document.getElementById('photo-template'),
    words: { saving: words.saving, failed: words.photoFailed, reused: words.reused },
    page: location.pathname,
    place: words.place,
    onCount: () => {
      markSteps()
      if (isLeaving) leave()
    },
  })
  $('[data-photos]').addEventListener('change', async (event) => {
    const input = event.target
    if (input.type !== 'file') return
    const chosen = $('[data-photos] input[name=subject]:checked')
    const files = [...input.files]
    input.value = ''
    await photos.add(files, chosen.value, chosen.nextElementSibling.textContent)
  })

  $$('input[type=radio]:checked').forEach((field) => { field.dataset.was = 'yes' })
  restore()
  showRows()
  markSteps()
  window.kaVisitPage = { refresh, isIdle: () => queue.open === 0 }
  queue.tell()
  queue.send()
  photos.start()
})()
