// What was said on this phone and is not yet on the server. One queue per person and visit, kept in localStorage until the
// server has acknowledged each statement; sending twice is harmless, since every statement carries its id and its time.
(() => {
  const FIRST_WAIT = 2000
  const LONGEST_WAIT = 60000

  class VisitQueue {
    constructor({ person, visit, url, token, onState, onAnswer }) {
      Object.assign(this, { visit, url, token, onState, onAnswer })
      this.name = `ka.visits.${person}.${visit}`
      const kept = this.read()
      this.statements = kept.statements || {}
      this.lastStamp = kept.lastStamp || 0
      this.sending = false
      this.wait = FIRST_WAIT
      addEventListener('online', () => this.send())
      document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') this.send() })
    }

    read() {
      try { return JSON.parse(localStorage.getItem(this.name)) || {} } catch { return {} }
    }

    keep() {
      try {
        if (Object.keys(this.statements).length) localStorage.setItem(this.name, JSON.stringify({ statements: this.statements, lastStamp: this.lastStamp }))
        else localStorage.removeItem(this.name)
      } catch { /* a full or forbidden storage: the page still holds everything until it is closed */ }
    }

    // A time that rises with every statement, even where the phone's clock stands still or is set back.
    stamp() {
      this.lastStamp = Math.max(Date.now(), this.lastStamp + 1)
      return new Date(this.lastStamp).toISOString()
    }

    // part: the document's key; value: one object, or for lists one member of it. The last word under a key replaces the one before.
    put(key, part, value) {
      this.statements[key] = { part, value }
      this.keep()
      this.tell()
      clearTimeout(this.soon)
      this.soon = setTimeout(() => this.send(), 500)
    }

    get open() { return Object.values(this.statements).filter((one) => !one.refused).length }
    get refused() { return Object.values(this.statements).filter((one) => one.refused).length }

    tell(problem = '') {
      this.onState({ open: this.open, refused: this.refused, sending: this.sending, problem })
    }

    // The document of everything that is open, and which key stands at which place of it.
    compose() {
      const document = { visit: this.visit, sent_at: new Date().toISOString() }
      const places = {}
      for (const [key, one] of Object.entries(this.statements)) {
        if (one.refused) continue
        if (['check_in', 'check_out', 'note'].includes(one.part)) {
          document[one.part] = one.value
          places[one.part] = key
        } else {
          document[one.part] ||= []
          places[`${one.part}.${document[one.part].push(one.value) - 1}`] = key
        }
      }
      return { document, places }
    }

    async send() {
      if (this.sending || !this.open) return
      this.sending = true
      clearTimeout(this.later)
      this.tell()
      const { document, places } = this.compose()
      const sent = Object.fromEntries(Object.values(places).map((key) => [key, JSON.stringify(this.statements[key].value)]))
      let answer
      try {
        const response = await fetch(this.url, { method: 'POST', body: JSON.stringify(document), headers: { 'Content-Type': 'application/json', 'X-CSRFToken': this.token() }, credentials: 'same-origin' })
        const isOurs = !response.redirected && (response.headers.get('Content-Type') || '').startsWith('application/json')
        answer = { status: response.status, body: isOurs ? await response.json() : null }
      } catch {
        answer = { status: 0, body: null }
      }
      this.sending = false
      this.take(answer, places, sent)
    }

    take({ status, body }, places, sent) {
      if (status === 200 && body) {
        for (const [key, value] of Object.entries(sent)) {
          if (this.statements[key] && JSON.stringify(this.statements[key].value) === value) delete this.statements[key]
        }
        this.wait = FIRST_WAIT
        this.keep()
        this.tell()
        this.onAnswer({ body, keys: Object.keys(sent) })
        if (this.open) this.send()
        return
      }
      if (status === 400 && body) {
        const errors = {}
        for (const [path, message] of Object.entries(body.errors || {})) {
          const place = Object.keys(places).find((one) => path === one || path.startsWith(`${one}.`))
          if (place) (errors[places[place]] ||= {})[path.slice(place.length + 1)] = message
        }
        for (const key of Object.keys(errors)) if (this.statements[key]) this.statements[key].refused = errors[key]
        this.keep()
        this.tell(Object.keys(errors).length ? '' : body.message)
        this.onAnswer({ errors, keys: [] })
        if (Object.keys(errors).length && this.open) this.send()
        return
      }
      this.tell(body ? body.message : status ? 'signed-out' : 'offline')
      this.later = setTimeout(() => this.send(), this.wait)
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT)
    }
  }
  window.kaVisitQueue = VisitQueue
})()
