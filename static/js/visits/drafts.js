// Signing out: what this phone has not sent yet goes with it, after a warning that says how much. Loaded on every signed-in page.
(() => {
  const words = document.currentScript.dataset
  const QUEUE = 'ka.visits.'
  const queues = () => Object.keys(localStorage).filter((name) => name.startsWith(QUEUE))

  function statements() {
    let count = 0
    for (const name of queues()) {
      try { count += Object.keys(JSON.parse(localStorage.getItem(name)).statements || {}).length } catch { /* not ours to count */ }
    }
    return count
  }

  // The database of photos, only where it is there already: asking for it must not make it.
  async function database() {
    try {
      const known = await indexedDB.databases()
      if (!known.some((one) => one.name === 'ka-visits')) return null
      return await new Promise((resolve) => {
        const asking = indexedDB.open('ka-visits')
        asking.onsuccess = () => resolve(asking.result)
        asking.onerror = () => resolve(null)
      })
    } catch { return null }
  }
  async function photos(verb) {
    const opened = await database()
    if (!opened || !opened.objectStoreNames.contains('photos')) return 0
    return new Promise((resolve) => {
      const asking = opened.transaction('photos', 'readwrite').objectStore('photos')[verb]()
      asking.onsuccess = () => { opened.close(); resolve(asking.result || 0) }
      asking.onerror = () => { opened.close(); resolve(0) }
    })
  }

  window.kaDrafts = { QUEUE, queues, photos }

  async function forget() {
    queues().forEach((name) => localStorage.removeItem(name))
    await photos('clear')
  }

  // Asks in a window of its own; answers whether to go on.
  function ask(said, taken) {
    const box = document.createElement('dialog')
    box.className = 'window'
    box.setAttribute('role', 'alertdialog')
    const title = document.createElement('h2')
    title.textContent = words.title.replace('{said}', said).replace('{photos}', taken)
    const text = document.createElement('p')
    text.textContent = words.text
    const actions = document.createElement('div')
    actions.className = 'window-actions'
    const buttons = [['btn btn-outline-secondary', words.stay, ''], ['btn btn-danger', words.leave, 'leave']].map(([look, label, value]) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = look
      button.textContent = label
      button.addEventListener('click', () => box.close(value))
      return button
    })
    actions.append(...buttons)
    box.append(title, text, actions)
    document.body.append(box)
    box.showModal()
    return new Promise((resolve) => {
      box.addEventListener('close', () => {
        box.remove()
        resolve(box.returnValue === 'leave')
      })
    })
  }

  addEventListener('submit', async (event) => { // at the window, before anything else looks at the form
    const form = event.target
    if (!form.matches('[data-sign-out]') || form.dataset.forgotten) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const said = statements()
    const taken = await photos('count')
    if (said + taken > 0 && !(await ask(said, taken))) return
    await forget()
    form.dataset.forgotten = 'yes'
    form.requestSubmit()
  }, true)
})()
