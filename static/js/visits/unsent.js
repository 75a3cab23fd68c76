// The day's page says what of which visit still waits on this phone: only the visit's own page sends it.
(async () => {
  const box = document.getElementById('unsent')
  if (!box || !window.kaDrafts) return
  const waiting = new Map()
  const at = ({ page, place }) => waiting.get(page) || waiting.set(page, { page, place, said: 0, photos: 0 }).get(page)

  const mine = `${window.kaDrafts.QUEUE}${box.dataset.person}.`
  for (const name of window.kaDrafts.queues().filter((one) => one.startsWith(mine))) {
    try {
      const kept = JSON.parse(localStorage.getItem(name))
      if (kept.page) at(kept).said += Object.keys(kept.statements || {}).length
    } catch { /* not ours to count */ }
  }
  for (const photo of (await window.kaDrafts.photos('getAll')) || []) {
    if (photo.person === box.dataset.person && photo.page) at(photo).photos += 1
  }

  for (const { page, place, said, photos } of waiting.values()) {
    if (!/^\/visits\/\d+\/record\/$/.test(page)) continue
    const row = box.querySelector('template').content.firstElementChild.cloneNode(true)
    row.querySelector('a').href = page
    row.querySelector('.line-title').textContent = place
    row.querySelector('.quiet').textContent = box.dataset.words.replace('{said}', said).replace('{photos}', photos)
    box.querySelector('ul').append(row)
    box.hidden = false
  }
})()
