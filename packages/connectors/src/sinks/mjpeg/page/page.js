/* Browsers open six connections to a server: so many streams play, the others show a picture now and then. */
const mostPlaying = 4
const everyMs = 1000
/* The frame rate is that of these last looks. */
const looksKept = 6

const main = document.getElementById('streams')
const state = document.getElementById('state')
const tiles = new Map()
let isLost = false
let loads = 0

function element(tag, properties, ...content) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...content)
  return made
}

/* Addresses are those beside the page: a proxy may have it under a path of its own. */
class Tile {
  #image = element('img')
  #message = element('p')
  #values = ['Frame rate', 'Age', 'Viewers', 'Picture', 'Size'].map((name) => [element('dt', {}, name), element('dd')])
  #looks = []
  #source = ''
  #frames = 0

  constructor(path) {
    this.path = path
    this.#image.alt = `Stream ${path}`
    this.#image.onerror = () => (this.#source = '')
    const link = element('a', { href: `.${path}?snapshot` }, 'Snapshot')
    const title = element('h2', {}, element('a', { href: `.${path}` }, path))
    const facts = element('dl', {}, ...this.#values.map((pair) => element('div', {}, ...pair)))
    this.view = element(
      'article',
      {},
      element('div', { className: 'picture' }, this.#image, this.#message),
      element('div', { className: 'facts' }, element('div', { className: 'line' }, title, link), facts),
    )
  }

  show({ frames, age_ms, bytes, viewers }, now, plays) {
    this.#looks.push({ frames, now })
    if (this.#looks.length > looksKept) this.#looks.shift()
    const first = this.#looks[0]
    const rate = ((frames - first.frames) * 1000) / (now - first.now)
    const { naturalWidth: width, naturalHeight: height } = this.#image
    const texts = [
      this.#looks.length > 1 ? `${rate.toFixed(1)} /s` : '…',
      age_ms === null ? '–' : ageText(age_ms),
      String(viewers),
      width ? `${width} × ${height}` : '–',
      frames === 0 ? '–' : sizeText(bytes),
    ]
    this.#values.forEach(([, value], index) => (value.textContent = texts[index]))
    this.#values[1][1].className = age_ms === null || age_ms > 5000 ? 'bad' : ''
    this.#message.textContent = frames === 0 ? 'Waiting for the first frame' : ''
    if (plays) this.#load('')
    else if (frames !== this.#frames) this.#load('?snapshot', true)
    this.#frames = frames
  }

  stop() {
    this.#source = ''
    this.#image.removeAttribute('src')
  }

  /* Another address each time, since an image is not loaded anew from the same one. */
  #load(query, again = false) {
    if (this.#source === `play${query}` && !again) return
    this.#source = `play${query}`
    this.#image.src = `.${this.path}${query === '' ? '?' : `${query}&`}load=${++loads}`
  }
}

function ageText(ms) {
  if (ms < 1000) return `${ms} ms`
  return ms < 100000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60000)} min`
}

function sizeText(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`
}

function show(streams, now) {
  const paths = new Set(streams.map(({ path }) => path))
  for (const [path, tile] of tiles) {
    if (paths.has(path)) continue
    tile.stop()
    tile.view.remove()
    tiles.delete(path)
  }
  streams.forEach((facts, index) => {
    const tile = tiles.get(facts.path) ?? new Tile(facts.path)
    tiles.set(facts.path, tile)
    if (main.children[index] !== tile.view) main.insertBefore(tile.view, main.children[index] ?? null)
    tile.show(facts, now, index < mostPlaying)
  })
}

function note(text, className) {
  if (state.textContent !== text) Object.assign(state, { textContent: text, className })
}

async function look() {
  if (document.hidden) return
  try {
    const answer = await fetch('?stats', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    const { streams } = await answer.json()
    /* The server was away: the streams have ended, and some browsers do not say so. */
    if (isLost) for (const tile of tiles.values()) tile.stop()
    isLost = false
    show(streams, performance.now())
    note('Live', 'good')
  } catch {
    isLost = true
    note('The server cannot be reached; trying again', 'bad')
  }
}

/* Nobody looks at a hidden page: its streams are left. */
document.addEventListener('visibilitychange', () => {
  if (document.hidden) for (const tile of tiles.values()) tile.stop()
  else void look()
})

async function lookOn() {
  await look()
  setTimeout(lookOn, everyMs)
}

void lookOn()
