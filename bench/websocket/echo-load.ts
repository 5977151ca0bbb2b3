// echo-load.ts PORT CONNECTIONS IN_FLIGHT SECONDS: sends 100-byte messages and counts their echoes; prints JSON.
// It is as cheap as can be: frames are made once, echoes are counted by their bytes.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

const payloadBytes = 100
/** An echo has no mask: two bytes of header. */
const echoBytes = payloadBytes + 2
const [port = 0, connections = 1, inFlight = 1, seconds = 1] = process.argv.slice(2).map(Number)

let echoes = 0
let isOver = false
const latenciesUs: number[] = []
const opened = await Promise.all(Array.from({ length: connections }, open))
const since = performance.now()
for (const echoing of opened) pump(echoing)
await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
isOver = true
const elapsed = (performance.now() - since) / 1000
latenciesUs.sort((a, b) => a - b)
const at = (part: number): number => latenciesUs[Math.floor(latenciesUs.length * part)] ?? 0
process.stdout.write(
  `${JSON.stringify({ messages: echoes, perSecond: echoes / elapsed, p50Us: at(0.5), p99Us: at(0.99) })}\n`,
)
for (const { socket } of opened) socket.destroy()

interface Echoing {
  socket: Socket
  /** Told of bytes that have arrived. */
  onBytes: (count: number) => void
}

/** Bytes are only counted: what they are is looked at in the answer to the handshake. */
async function open(): Promise<Echoing> {
  const buffer = Buffer.allocUnsafeSlow(65_536)
  const answered = Promise.withResolvers<string>()
  const echoing: Echoing = {
    socket: connect({ port, host: '127.0.0.1', onread: { buffer, callback: (count) => read(count) } }).setNoDelay(),
    onBytes: (count) => answered.resolve(buffer.toString('latin1', 0, count)),
  }
  const read = (count: number): boolean => {
    echoing.onBytes(count)
    return true
  }
  const { socket } = echoing
  await once(socket, 'connect')
  const key = randomBytes(16).toString('base64')
  const head = `GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
  socket.write(`${head}Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`)
  const text = await answered.promise
  if (!text.startsWith('HTTP/1.1 101') || !text.endsWith('\r\n\r\n')) throw new Error(`no upgrade: ${text}`)
  return echoing
}

function pump(echoing: Echoing): void {
  const frames = Buffer.concat(Array.from({ length: inFlight }, maskedFrame))
  const frameBytes = frames.length / inFlight
  const batches = Array.from({ length: inFlight + 1 }, (_, count) => frames.subarray(0, count * frameBytes))
  let received = 0
  let sentAt = performance.now()
  echoing.onBytes = (count) => {
    received += count
    const whole = Math.floor(received / echoBytes)
    if (whole === 0 || isOver) return
    received -= whole * echoBytes
    echoes += whole
    const now = performance.now()
    if (latenciesUs.length < 1_000_000) latenciesUs.push((now - sentAt) * 1000)
    sentAt = now
    echoing.socket.write(batches[whole] ?? frames)
  }
  echoing.socket.write(frames)
}

/** RFC 6455 §5.2: a binary message from a client. */
function maskedFrame(): Buffer {
  const mask = randomBytes(4)
  const payload = Buffer.alloc(payloadBytes, 'x').map((byte, i) => byte ^ (mask[i % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x82, 0x80 | payloadBytes]), mask, payload])
}
