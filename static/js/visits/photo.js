// Photos: made small on the phone, kept in IndexedDB until the server has them, sent two at a time, shown as they wait, fail and arrive.
(() => {
  const LONGEST = 1600
  const QUALITY = 0.82
  const STORE = 'photos'

  // A thin shelf over IndexedDB; where the browser forbids it, photos live as long as the page.
  class PhotoShelf {
    constructor() { this.memory = new Map() }

    async open() {
      if (this.database !== undefined) return this.database
      this.database = await new Promise((resolve) => {
        try {
          const asking = indexedDB.open('ka-visits', 1)
          asking.onupgradeneeded = () => asking.result.createObjectStore(STORE, { keyPath: 'id' })
          asking.onsuccess = () => resolve(asking.result)
          asking.onerror = () => resolve(null)
        } catch { resolve(null) }
      })
      return this.database
    }

    async run(mode, work) {
      const database = await this.open()
      if (!database) return null
      return new Promise((resolve) => {
        const asking = work(database.transaction(STORE, mode).objectStore(STORE))
        asking.onsuccess = () => resolve(asking.result)
        asking.onerror = () => resolve(null)
      })
    }

    async put(photo) {
      this.memory.set(photo.id, photo)
      await this.run('readwrite', (store) => store.put(photo))
    }

    async remove(id) {
      this.memory.delete(id)
      await this.run('readwrite', (store) => store.delete(id))
    }

    async all(person, visit) {
      const kept = (await this.run('readonly', (store) => store.getAll())) || []
      for (const photo of kept) if (!this.memory.has(photo.id)) this.memory.set(photo.id, photo)
      return [...this.memory.values()].filter((photo) => photo.person === person && photo.visit === visit)
    }
  }

  // The picture at most LONGEST pixels long as JPEG; what the browser cannot read (HEIC on many) goes to the server as it is.
  async function shrink(file) {
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
      const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height))
      const canvas = document.createElement('canvas')
      canvas.width = Math.round(bitmap.width * scale)
      canvas.height = Math.round(bitmap.height * scale)
      canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height)
      bitmap.close()
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
      return blob || file
    } catch {
      return file
    }
  }

  const AT_ONCE = 2 // more uploads side by side only make each other slow in a store

  class PhotoSender {
    constructor({ person, visit, page, place, url, token, grid, template, words, onCount }) {
      Object.assign(this, { person, visit, page, place, url, token, grid, template, words, onCount })
      this.shelf = new PhotoShelf()
      this.tiles = new Map()
      this.line = []
      this.running = 0
      this.adding = 0
      addEventListener('online', () => this.sendAll())
    }

    async start() {
      for (const photo of await this.shelf.all(this.person, this.visit)) this.show(photo)
      this.sendAll()
    }

    // Every photo is on the phone before the first one is sent, so that nothing is lost when the browser is closed meanwhile.
    async add(files, subject, label) {
      const place = this.where()
      const photos = []
      this.adding += files.length
      for (const file of files) {
        const blob = await shrink(file)
        const photo = { id: crypto.randomUUID ? crypto.randomUUID() : fallbackId(), person: this.person, visit: this.visit, page: this.page, place: this.place, subject, label, blob, captured_at: new Date(file.lastModified || Date.now()).toISOString() }
        await this.shelf.put(photo)
        this.adding -= 1
        this.show(photo)
        photos.push(photo)
      }
      const found = await place
      for (const photo of photos) {
        if (found) await this.shelf.put(Object.assign(photo, { latitude: found.latitude, longitude: found.longitude }))
        this.enqueue(photo)
      }
    }

    // Where the phone is, if it may be asked without a question popping up over the camera.
    async where() {
      try {
        const right = await navigator.permissions.query({ name: 'geolocation' })
        return right.state === 'granted' ? await window.kaPlace.whereAmI() : null
      } catch { return null }
    }

    show(photo) {
      const tile = this.template.content.firstElementChild.cloneNode(true)
      photo.shown = URL.createObjectURL(photo.blob)
      tile.querySelector('img').src = photo.shown
      tile.querySelector('img').alt = photo.label
      tile.querySelector('[data-photo-retry]').addEventListener('click', () => this.enqueue(photo))
      this.tiles.set(photo.id, tile)
      this.grid.append(tile)
      this.say(photo, this.words.saving)
      this.onCount()
    }

    say(photo, text, tone = '') {
      const tile = this.tiles.get(photo.id)
      const words = tile.querySelector('.photo-words')
      words.textContent = text ? `${photo.label} · ${text}` : photo.label
      words.classList.toggle('far', tone === 'danger')
      tile.classList.toggle('is-waiting', Boolean(text) && tone !== 'done')
      tile.querySelector('[data-photo-retry]').hidden = tone !== 'danger' || Boolean(photo.refused)
      tile.querySelector('progress').hidden = !photo.sending
    }

    // How many the server does not have yet and may still take.
    get open() { return [...this.shelf.memory.values()].filter((photo) => photo.visit === this.visit && !photo.refused).length + this.adding }

    async sendAll() {
      for (const photo of await this.shelf.all(this.person, this.visit)) if (!photo.refused) this.enqueue(photo)
    }

    enqueue(photo) {
      if (photo.sending || this.line.includes(photo)) return
      this.line.push(photo)
      this.next()
    }

    next() {
      while (this.running < AT_ONCE && this.line.length) {
        this.running += 1
        this.send(this.line.shift()).finally(() => {
          this.running -= 1
          this.next()
        })
      }
    }

    upload(photo) {
      const form = new FormData()
      const told = { visit: this.visit, photo: photo.id, subject: photo.subject, captured_at: photo.captured_at }
      if (photo.latitude) Object.assign(told, { latitude: photo.latitude, longitude: photo.longitude })
      for (const [name, value] of Object.entries(told)) form.append(name, value)
      form.append('file', photo.blob, 'photo')
      return new Promise((resolve) => {
        const request = new XMLHttpRequest() // fetch tells nothing about how far an upload is
        request.open('POST', this.url)
        request.setRequestHeader('X-CSRFToken', this.token())
        request.upload.addEventListener('progress', (event) => {
          if (event.lengthComputable) this.tiles.get(photo.id).querySelector('progress').value = Math.round((event.loaded / event.total) * 100)
        })
        request.addEventListener('load', () => {
          const isOurs = request.responseURL.endsWith(this.url) && (request.getResponseHeader('Content-Type') || '').startsWith('application/json')
          resolve({ status: request.status, body: isOurs ? JSON.parse(request.responseText) : null })
        })
        for (const end of ['error', 'abort', 'timeout']) request.addEventListener(end, () => resolve({ status: 0, body: null }))
        request.send(form)
      })
    }

    async send(photo) {
      photo.sending = true
      this.say(photo, this.words.saving)
      const { status, body } = await this.upload(photo)
      photo.sending = false
      if (status === 200 && body) {
        await this.shelf.remove(photo.id)
        this.tiles.get(photo.id).querySelector('img').src = body.thumbnail_url
        URL.revokeObjectURL(photo.shown)
        this.say(photo, body.is_reused ? this.words.reused : '', 'done')
        this.onCount()
        return
      }
      if ((status === 400 || status === 413) && body) {
        photo.refused = true
        await this.shelf.remove(photo.id)
        this.tiles.get(photo.id).classList.add('is-refused')
        this.say(photo, Object.values(body.errors || {})[0] || body.message, 'danger')
        this.onCount()
        return
      }
      this.say(photo, body ? body.message : this.words.failed, 'danger')
      setTimeout(() => this.enqueue(photo), 10000)
    }
  }

  // randomUUID exists on secure pages only; a phone on plain http in the office network still gets a version 4 id.
  function fallbackId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    bytes[6] = (bytes[6] & 15) | 64
    bytes[8] = (bytes[8] & 63) | 128
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
  window.kaPhotoSender = PhotoSender
})()
