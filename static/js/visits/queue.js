// What was said on this phone and is not yet on the server. One queue per person and visit, kept in localStorage until the
// server has acknowledged each statement; sending twice is harmless, since every statement carries its id and its time.
// Two tabs of one visit share what is kept: each writes only its own statements onto it, and sends what it finds there.
(() => {
  const FIRST_WAIT = 2000
  const LONGEST_WAIT = 60000
  const FURTHEST_AHEAD = 7 * 24 * 3600 * 1000 // what the server takes of a clock that was ahead
  const same = (one, value) => one && JSON.stringify(one.value) === value

  class VisitQueue {
    // lastSaid: the latest time that the server has of this visit; page and place: where the visit is written, and its name.
    constructor({ person, visit, lastSaid, page, place, url, token, renew, onState, onAnswer }) {
      Object.assign(this, { visit, page, place, url, token, renew, onState, onAnswer })
      this.name = `ka.visits.${person}.${visit}`
      this.statements = {}
      this.lastStamp = Date.parse(lastSaid) || 0
      this.adopt()
      this.sending = false
      this.wait = FIRST_WAIT
      addEventListener('online', () => this.send())
      document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') this.send() })
    }

    read() {
      try { return JSON.parse(localStorage.getItem(this.name)) || {} } catch { return {} }
    }

    // What another tab or an earlier page kept is sent from here too.
    adopt() {
      const { statements, lastStamp } = this.read()
      for (const [key, one] of Object.entries(statements || {})) this.statements[key] ||= one
      this.lastStamp = Math.max(this.lastStamp, lastStamp || 0)
    }

    // change: what happened here, onto what all tabs keep.
    keep(change) {
      try {
        const kept = this.read()
        const statements = kept.statements || {}
        change(statements)
        const lastStamp = Math.max(this.lastStamp, kept.lastStamp || 0)
        if (Object.keys(statements).length) localStorage.setItem(this.name, JSON.stringify({ statements, lastStamp, page: this.page, place: this.place }))
        else localStorage.removeItem(this.name)
      } catch { /* a full or forbidden storage: the page still holds everything until it is closed */ }
    }

    drop(key, value) {
      if (same(this.statements[key], value)) delete this.statements[key]
      this.keep((statements) => { if (same(statements[key], value)) delete statements[key] })
    }

    // A time that rises with every statement, even where the phone's clock stands still or is set back, or another phone's was ahead.
    stamp() {
      const now = Date.now()
      const floor = this.lastStamp < now + FURTHEST_AHEAD ? this.lastStamp + 1 : 0
      this.lastStamp = Math.max(now, floor)
      return new Date(this.lastStamp).toISOString()
    }

    // part: the document's key; value: one object, or for lists one member of it. The last word under a key replaces the one before.
    put(key, part, value) {
      const one = { part, value }
      this.statements[key] = one
      this.keep((statements) => { statements[key] = one })
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

    async send({ last = false } = {}) {
      if (this.sending && !last) return
      this.adopt()
      if (!this.open) return
      this.sending = true
      clearTimeout(this.later)
      this.tell()
      if (this.isStale) await this.renew()
      const { document, places } = this.compose()
      const sent = Object.fromEntries(Object.values(places).map((key) => [key, JSON.stringify(this.statements[key].value)]))
      let answer
      try {
        const body = JSON.stringify(document)
        const keepalive = last && body.length < 60000 // the most that a browser sends for a page that is gone
        const response = await fetch(this.url, { method: 'POST', body, keepalive, headers: { 'Content-Type': 'application/json', 'X-CSRFToken': this.token() }, credentials: 'same-origin' })
        const isOurs = !response.redirected && (response.headers.get('Content-Type') || '').startsWith('application/json')
        answer = { status: response.redirected ? 401 : response.status, body: isOurs ? await response.json() : null }
      } catch {
        answer = { status: 0, body: null }
      }
      this.sending = false
      this.take(answer, places, sent)
    }

    take({ status, body }, places, sent) {
      this.isStale = !body && (status === 401 || status === 403) // signed in again elsewhere, the page's token is an old one
      if (status === 200 && body) {
        for (const [key, value] of Object.entries(sent)) this.drop(key, value)
        this.wait = FIRST_WAIT
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
        for (const [key, refused] of Object.entries(errors)) {
          if (same(this.statements[key], sent[key])) this.statements[key].refused = refused
          this.keep((statements) => { if (same(statements[key], sent[key])) statements[key].refused = refused })
        }
        this.tell(Object.keys(errors).length ? '' : body.message)
        this.onAnswer({ errors, keys: [] })
        for (const part of ['check_in', 'check_out']) if (errors[part]) this.drop(part, sent[part]) // tapped again, it says a new time
        if (Object.keys(errors).length && this.open) this.send()
        return
      }
      this.tell(body ? body.message : this.isStale ? 'signed-out' : status ? 'unavailable' : 'offline')
      this.later = setTimeout(() => this.send(), this.wait)
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT)
    }
  }
  window.kaVisitQueue = VisitQueue
})()
