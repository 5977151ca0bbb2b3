// paced-load.ts PORT PER_SECOND SECONDS: sends requests at a rate, whether the former ones have been answered or not, and
// prints how long their answers took as JSON. An open loop: a slow server is not asked less.
import { once } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { requestHeaders } from './request-headers.ts'

const [port = 0, perSecond = 1, seconds = 1] = process.argv.slice(2).map(Number)
/** Until its own code is warm, nothing counts. */
const warmMs = 500
const connections = 512

const lines = Object.entries(requestHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
const request = Buffer.from(`GET /items/7?lang=en HTTP/1.1\r\n${lines.join('')}\r\n`)
const end = Buffer.from('\r\n\r\nok')
const good = Buffer.from('HTTP/1.1 200')

/** An open connection: it sends a request that was due at a time. */
type Send = (dueAt: number) => void

const latenciesUs: number[] = []
let failures = 0
let counts = false
const free: Send[] = await Promise.all(Array.from({ length: connections }, open))
/** When those requests were due that found no connection free. */
const waiting: number[] = []

const pacer = new Worker(new URL('pacer.ts', import.meta.url), { workerData: { perSecond } })
pacer.on('message', (count: number) => {
  const now = performance.now()
  for (let i = 0; i < count; i++) {
    const send = free.pop()
    if (send) send(now)
    else waiting.push(now)
  }
})
await once(pacer, 'online')
await new Promise((resolve) => setTimeout(resolve, warmMs))
counts = true
const since = performance.now()
await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
counts = false
const elapsed = (performance.now() - since) / 1000
await pacer.terminate()

latenciesUs.sort((a, b) => a - b)
const at = (part: number): number => latenciesUs[Math.floor(latenciesUs.length * part)] ?? 0
const requests = latenciesUs.length
const result = { requests, perSecond: requests / elapsed, p50Us: at(0.5), p99Us: at(0.99), failures }
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)

/** The first one is told in full. */
function fail(answer: string): void {
  if (failures++ === 0) process.stderr.write(`${answer}\n`)
}

/** Every answer is small enough to come in one piece; one that does not is a failure. */
async function open(): Promise<Send> {
  const buffer = Buffer.allocUnsafeSlow(65_536)
  let since = 0
  const send = (dueAt: number): void => {
    since = dueAt
    socket.write(request)
  }
  const read = (count: number): boolean => {
    if (counts) latenciesUs.push((performance.now() - since) * 1000)
    const isWhole = end.compare(buffer, count - end.length, count) === 0
    if (!isWhole || good.compare(buffer, 0, good.length) !== 0) fail(buffer.toString('latin1', 0, count))
    const next = waiting.shift()
    if (next === undefined) free.push(send)
    else send(next)
    return true
  }
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: read } }).setNoDelay()
  await once(socket, 'connect')
  return send
}
