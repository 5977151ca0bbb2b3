import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { createTempFolder, findFreePort, waitUntil } from '@pelton/testkit'
import { chromium } from '../scripts/tools/chromium.ts'
import { serve } from './acceptance/serve-function.ts'

const browser = await chromium()

/** What the page found. */
interface PageReport {
  protocol: string
  received: { type: string; value: string | number[] }[]
  closed: { code: number; reason: string; wasClean: boolean }
  /** A trigger that does not allow this origin. */
  strict: { opened: boolean; code: number }
}

const page = `<!doctype html><title>page</title><script>
const until = (socket, name) => new Promise((resolve) => socket.addEventListener(name, resolve, { once: true }))
async function talk() {
  const socket = new WebSocket('ws://' + location.host + '/ws', ['v2', 'v1'])
  socket.binaryType = 'arraybuffer'
  const received = []
  await until(socket, 'open')
  for (const data of ['gr\\u00fc\\u00dfe', new Uint8Array([0, 1, 254, 255]), new Blob(['blob'])]) {
    socket.send(data)
    const { data: back } = await until(socket, 'message')
    const isText = typeof back === 'string'
    received.push({ type: isText ? 'text' : 'bytes', value: isText ? back : [...new Uint8Array(back)] })
  }
  const { protocol } = socket
  socket.send('close')
  const { code, reason, wasClean } = await until(socket, 'close')
  return { protocol, received, closed: { code, reason, wasClean } }
}
async function tryStrict() {
  const socket = new WebSocket('ws://' + location.host + '/strict')
  let opened = false
  socket.onopen = () => { opened = true }
  const { code } = await until(socket, 'close')
  return { opened, code }
}
Promise.all([talk(), tryStrict()])
  .then(([report, strict]) => ({ ...report, strict }), (error) => ({ error: String(error) }))
  .then((report) => fetch('/report', { method: 'POST', body: JSON.stringify(report) }))
</script>`

const handler = `const page = ${JSON.stringify(page)}
let report = null
exports.handler = async (context, event) => {
  if (event.trigger.kind === 'websocket') {
    if (!event.contentType.startsWith('text/')) return event.body
    if (event.text() !== 'close') return event.text()
    await context.websocket.close(event.connection.id, 4001, 'as you wish')
    return undefined
  }
  if (event.method === 'POST') report = event.json()
  if (event.path === '/report') return [200, { report }]
  return { contentType: 'text/html; charset=utf-8', body: page }
}
`

const yaml = (port: number): string => `apiVersion: pelton/v1
kind: Function
metadata: { name: page }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
    page: { kind: http, url: "127.0.0.1:${port}" }
    talk: { kind: websocket, attributes: { websocket_addr: "127.0.0.1:${port}", subprotocols: [v1] } }
    strict:
      kind: websocket
      attributes: { websocket_addr: "127.0.0.1:${port}", path: /strict, origins: ["https://other.example"] }
`

test('a page of the same function talks text and bytes with it in Chromium', { skip: browser.skip }, async (t) => {
  const served = await serve(t, { 'function.yaml': yaml(await findFreePort()), 'handler.js': handler })
  const url = served.urlOf('page')
  await openPage(t, url)
  const look = async (): Promise<PageReport | null> =>
    ((await (await fetch(`${url}/report`)).json()) as { report: PageReport | null }).report
  const report = await waitUntil('the report of the page', look, { deadlineMs: 60_000, everyMs: 100 })
  assert.deepEqual(report, {
    protocol: 'v1',
    received: [
      { type: 'text', value: 'grüße' },
      { type: 'bytes', value: [0, 1, 254, 255] },
      { type: 'bytes', value: [...Buffer.from('blob')] },
    ],
    closed: { code: 4001, reason: 'as you wish', wasClean: true },
    strict: { opened: false, code: 1006 },
  })
})

/** Opens a page without a window until the test ends; all that the browser writes goes with it. */
async function openPage(t: TestContext, url: string): Promise<void> {
  const removals: (() => unknown)[] = []
  const folder = await createTempFolder({ after: (action) => void removals.push(action) })
  const flags = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}/profile`, '--no-first-run']
  const quiet = ['--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-breakpad']
  // Its sandbox cannot be had as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const env = { ...process.env, HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder }
  const command = String(browser.command)
  const child = spawn(command, [...flags, ...quiet, ...sandbox, url], { env, stdio: 'ignore', detached: true })
  const ended = once(child, 'exit')
  t.after(async () => {
    // It has processes of its own.
    process.kill(-Number(child.pid), 'SIGKILL')
    await ended
    for (const remove of removals) await remove()
  })
  await once(child, 'spawn')
}
