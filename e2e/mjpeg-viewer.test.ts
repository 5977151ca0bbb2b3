import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Cleanup, createTempFolder, findFreePort } from '@pelton/testkit'
import sharp from 'sharp'
import { chromium } from '../scripts/tools/chromium.ts'
import { mediaPeers } from '../scripts/tools/media-peers.ts'
import { type ServedFunction, serve } from './acceptance/serve-function.ts'
import { type BrowserPage, startBrowser } from './browser-page.ts'

const browser = await chromium()
const peers = await mediaPeers()
const run = promisify(execFile)

const yaml = (port: number): string => `apiVersion: pelton/v1
kind: Function
metadata: { name: pictures }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
    front: { kind: http, url: "127.0.0.1:0", attributes: { sink: { kind: mjpeg, attributes: { port: ${port}, path: /front } } } }
    back: { kind: http, url: "127.0.0.1:0", attributes: { sink: { kind: mjpeg, attributes: { port: ${port}, path: "/back/a'b&c" } } } }
`

const handler = `exports.handler = (context, event) => ({ contentType: 'image/jpeg', body: event.body })\n`

const colours = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] } as const
type Colour = keyof typeof colours

/** A JPEG of one colour. */
async function picture(colour: Colour, width = 64, height = 48): Promise<Buffer> {
  const [r, g, b] = colours[colour]
  const create = { width, height, channels: 3, background: { r, g, b } } as const
  return sharp({ create }).jpeg({ quality: 95 }).toBuffer()
}

function nearest(pixel: readonly number[]): string | undefined {
  const found = Object.entries(colours).find(([, rgb]) => rgb.every((level, at) => Math.abs(level - pixel[at]!) < 40))
  return found?.[0]
}

interface Suite {
  served: ServedFunction
  base: string
  show: (trigger: string, colour: Colour, width?: number) => Promise<void>
}

async function servePictures(t: Cleanup): Promise<Suite> {
  const port = await findFreePort()
  const served = await serve(t, { 'function.yaml': yaml(port), 'handler.js': handler })
  return {
    served,
    base: `http://127.0.0.1:${port}`,
    async show(trigger, colour, width) {
      const { status } = await served.ask(await picture(colour, width), { url: served.urlOf(trigger) })
      assert.equal(status, 200)
    },
  }
}

/** A proxy that has `base` under `/cams/`, and nothing else; gives its URL. */
async function serveBehind(t: Cleanup, base: string): Promise<string> {
  const proxy = http.createServer((request, response) => {
    const { url = '', headers } = request
    if (!url.startsWith('/cams/')) return void response.writeHead(404).end()
    const asked = http.get(base + url.replace(/^\/cams/, ''), { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    asked.on('error', () => response.destroy())
    response.on('close', () => asked.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/cams/`
}

describe('the viewer page of the mjpeg sink, in Chromium', { skip: browser.skip }, () => {
  const cleanups: (() => Promise<void> | void)[] = []
  const cleanup: Cleanup = { after: (action) => void cleanups.unshift(action) }
  let suite: Suite
  let page: BrowserPage
  before(async () => {
    suite = await servePictures(cleanup)
    page = await startBrowser(cleanup, String(browser.command))
  })
  after(async () => {
    for (const action of cleanups) await action()
  })

  /** The colour of the middle of an image, as it is drawn now. */
  const colourOf = (selector: string): Promise<string | undefined> =>
    page
      .evaluate<number[]>(
        `(() => {
          const image = document.querySelector(${JSON.stringify(selector)})
          if (!image?.naturalWidth) return [9, 9, 9]
          const canvas = Object.assign(document.createElement('canvas'), { width: 3, height: 3 })
          const pen = canvas.getContext('2d')
          pen.drawImage(image, 0, 0, 3, 3)
          return [...pen.getImageData(1, 1, 1, 1).data]
        })()`,
      )
      .then(nearest)
  const untilColour = async (selector: string, colour: Colour): Promise<void> => {
    const deadline = performance.now() + 10_000
    for (let seen = await colourOf(selector); seen !== colour; seen = await colourOf(selector)) {
      if (performance.now() > deadline) assert.fail(`${selector} is ${seen}, not ${colour}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const facts = (tile: number): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll('article:nth-of-type(${tile}) dd')].map((value) => value.textContent)`)
  const back = 'article:nth-of-type(1) img'
  const front = 'article:nth-of-type(2) img'

  test('it lists all streams of the port, before their first frames', async () => {
    await page.open(suite.base)
    await page.until(`document.querySelectorAll('article').length === 2`)
    const titles = await page.evaluate<string[]>(`[...document.querySelectorAll('h2')].map((h) => h.textContent)`)
    assert.deepEqual(titles, ["/back/a'b&c", '/front'])
    assert.equal(await page.evaluate(`document.querySelector('.picture p').textContent`), 'Waiting for the first frame')
    assert.equal(await page.evaluate(`document.getElementById('state').textContent`), 'Live')
  })

  test('a single frame is shown, and every one that follows', async () => {
    for (const colour of ['red', 'blue', 'green'] as const) {
      await suite.show('front', colour)
      await untilColour(front, colour)
    }
    await suite.show('back', 'red', 320)
    await untilColour(back, 'red')
    assert.equal(await colourOf(front), 'green')
  })

  test('size, viewers, age and frame rate are those of the stream', async () => {
    await page.until(`document.querySelectorAll('article:nth-of-type(1) dd')[3].textContent !== '–'`)
    const [, age, viewers, size, bytes] = await facts(1)
    assert.match(age ?? '', /^\d+ ms$|^\d+\.\d s$/)
    assert.match(bytes ?? '', /^\d\.\d kB$/)
    assert.deepEqual([viewers, size], ['1', '320 × 48'])
    for (let frame = 0; frame < 30; frame += 1) {
      await suite.show('front', frame % 2 ? 'red' : 'blue')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const rate = Number.parseFloat((await facts(2))[0] ?? '')
    assert.ok(rate > 0.5 && rate < 11, `${rate} frames/s`)
    assert.equal(await suite.served.metric('pelton_sink_viewers', { trigger_id: 'front' }), 1)
  })

  test('at no width one of the facts stands alone in a row', async () => {
    // Of each row how many there are, from the top.
    const rows = `(() => {
      const tops = [...document.querySelectorAll('article:nth-of-type(1) dl > div')].map((one) => one.offsetTop)
      return [...new Set(tops)].map((top) => tops.filter((other) => other === top).length).join(' + ')
    })()`
    const seen = new Set<string>()
    for (const width of [375, 600, 800, 900, 1000, 1100, 1300, 2000]) {
      await page.send('Emulation.setDeviceMetricsOverride', { width, height: 800, deviceScaleFactor: 1, mobile: false })
      seen.add(await page.evaluate<string>(rows))
      assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false, `at ${width} px`)
    }
    assert.deepEqual([...seen].toSorted(), ['3 + 2', '5'])
    await page.send('Emulation.clearDeviceMetricsOverride')
  })

  test('a hidden page leaves its streams', async () => {
    const hide = (state: 'hidden' | 'visible'): Promise<unknown> =>
      page.evaluate(`(() => {
        Object.defineProperty(document, 'hidden', { configurable: true, value: ${state === 'hidden'} })
        document.dispatchEvent(new Event('visibilitychange'))
      })()`)
    await hide('hidden')
    await untilViewers(0)
    await hide('visible')
    await untilViewers(1)
    await untilColour(front, 'red')
  })

  const untilViewers = async (count: number): Promise<void> => {
    const deadline = performance.now() + 10_000
    for (;;) {
      const seen = await suite.served.metric('pelton_sink_viewers', { trigger_id: 'front' })
      if (seen === count) return
      assert.ok(performance.now() < deadline, `${seen} viewers`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  test('the stream itself is shown in a tab of its own, and leaving it leaves the stream', async () => {
    await page.open(`${suite.base}/front?snapshot`)
    await untilColour('img', 'red')
    await untilViewers(0)
    await page.send('Page.navigate', { url: `${suite.base}/front` })
    await page.until(`Boolean(document.querySelector('img')?.naturalWidth)`)
    await suite.show('front', 'green')
    await untilColour('img', 'green')
    await page.open('about:blank')
    await untilViewers(0)
  })

  test('a proxy may have it under a path of its own', async () => {
    await page.open(await serveBehind(cleanup, suite.base))
    await untilColour(front, 'green')
    const links = await page.evaluate<string[]>(`[...document.links].map(({ pathname }) => pathname)`)
    assert.ok(links.length > 0 && links.every((link) => link.startsWith('/cams/')), links.join())
  })

  test('it says that the server is away', async () => {
    await page.open(suite.base)
    await untilColour(front, 'green')
    await suite.served.pelton.stop()
    await page.until(`document.getElementById('state').textContent.startsWith('The server cannot be reached')`)
  })

  test('nothing was refused by its policy, and nothing thrown', () => {
    assert.deepEqual(page.faults, [])
  })
})

test('FFmpeg reads the stream: codec, size and content of each frame', { skip: peers.skip }, async (t) => {
  if (peers.skip !== false) return
  const { base, show } = await servePictures(t)
  const flags = ['-v', 'error', '-f', 'mpjpeg', '-i', `${base}/front`]
  await show('front', 'red')
  const shots = ['-frames:v', '3', '-vf', 'scale=1:1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-']
  const reading = run(peers.ffmpeg, [...flags, ...shots], { encoding: 'buffer', timeout: 30_000 })
  let isRead = false
  void reading.finally(() => (isRead = true))
  for (let turn = 0; !isRead && turn < 200; turn += 1) {
    await show('front', (['green', 'blue', 'red'] as const)[turn % 3] ?? 'red')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { stdout } = await reading
  const seen = [0, 3, 6].map((at) => nearest([...stdout.subarray(at, at + 3)]))
  assert.ok(seen.every(Boolean), seen.join(' '))
  const order = ['red', 'green', 'blue']
  const starts = seen.map((colour) => order.indexOf(colour ?? ''))
  assert.deepEqual(
    starts.slice(1).map((at, index) => (at - (starts[index] ?? 0) + 3) % 3),
    [1, 1],
    seen.join(' '),
  )
})

test('FFmpeg and GStreamer see codec and size, and GStreamer the content', { skip: peers.skip }, async (t) => {
  if (peers.skip !== false) return
  const { base, show } = await servePictures(t)
  const url = `${base}/front`
  const file = path.join(await createTempFolder(t), 'pictures.rgb')
  await show('front', 'green', 320)
  const entries = ['-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0']
  const probing = run(peers.ffprobe, ['-v', 'error', '-f', 'mpjpeg', ...entries, url], { timeout: 30_000 })
  const decode = 'multipartdemux ! image/jpeg ! jpegdec ! identity eos-after=3 ! videoconvert ! video/x-raw,format=RGB'
  const pipeline = `souphttpsrc location=${url} ! ${decode} ! filesink location=${file}`
  const pulling = run(peers.gstLaunch, ['-v', ...pipeline.split(' ')], { timeout: 30_000 })
  let isOver = false
  const both = Promise.all([probing, pulling]).finally(() => (isOver = true))
  const feed = async (): Promise<void> => {
    while (!isOver) {
      await show('front', 'green', 320)
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
  }
  const [[probed, pulled]] = await Promise.all([both, feed()])
  assert.equal(probed.stdout.trim(), 'mjpeg,320,48')
  assert.match(pulled.stdout, /FileSink.*width=\(int\)320, height=\(int\)48/)
  const middle = 320 * 24 * 3 + 160 * 3
  assert.equal(nearest([...(await readFile(file)).subarray(middle, middle + 3)]), 'green')
})
