import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { mostMessageBytes, pingMs } from './function-file.ts'

/** One client from its coming to its going. */
export interface SessionFacts {
  port: number
  /** Its own among all sessions; every message begins with it. */
  name: string
  random: () => number
}

/** What a session does; it gives what went wrong, in words, or undefined. */
export type Session = (facts: SessionFacts) => Promise<string | undefined>

const patienceMs = 30_000

/** Sends numbered messages, some at a time, and wants each back, in order; then it closes and wants that answered. */
async function steady({ port, name, random }: SessionFacts): Promise<string | undefined> {
  const socket = await open(port)
  const count = 1 + Math.floor(random() * 60)
  const sizes = Array.from({ length: count }, () => Math.floor(random() ** 4 * 20_000))
  let answered = 0
  const all = Promise.withResolvers<string | undefined>()
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary || data.toString() !== messageOf(name, answered, sizes[answered] ?? 0)) {
      all.resolve(`${name}: answer ${answered} is ${data.toString().slice(0, 30)}`)
    }
    if (++answered === count) all.resolve(undefined)
  })
  socket.on('close', (code) => all.resolve(`${name}: closed with ${code} after ${answered} of ${count} answers`))
  for (const [number, size] of sizes.entries()) {
    socket.send(messageOf(name, number, size))
    if (number % 8 === 7) await sleep(random() * 20)
  }
  const fault = await within(all.promise, `${name}: ${count} answers`)
  if (fault !== undefined) return fault
  socket.removeAllListeners('close')
  socket.close(1000)
  const [code] = (await once(socket, 'close')) as [number]
  return code === 1000 ? undefined : `${name}: closed with ${code}`
}

/** Sends and goes away without a word. */
async function leaver({ port, name, random }: SessionFacts): Promise<undefined> {
  const socket = await open(port)
  for (let number = 0; number < 20 * random(); number++) socket.send(messageOf(name, number, 100))
  await sleep(random() * 10)
  socket.terminate()
}

/** Sends much and reads nothing for a while; if it is still there afterwards it gets its answers in order. */
async function staller({ port, name, random }: SessionFacts): Promise<string | undefined> {
  const socket = await open(port)
  let next = 0
  let fault: string | undefined
  socket.on('message', (data: Buffer) => {
    const number = Number(data.toString().split(' ', 2)[1])
    if (number !== next) fault ??= `${name}: answer ${number} came instead of ${next}`
    next = number + 1
  })
  const closed = once(socket, 'close')
  socket.pause()
  for (let number = 0; number < 200; number++) socket.send(messageOf(name, number, 10_000))
  await sleep(random() * 3 * pingMs)
  socket.resume()
  await Promise.race([closed, sleep(pingMs)])
  socket.terminate()
  return fault
}

/** Sends a frame byte by byte and leaves in the middle of it. */
async function dripper({ port }: SessionFacts): Promise<undefined> {
  const socket = await openRaw(port)
  for (const byte of [0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 65, 66]) {
    socket.write(Buffer.from([byte]))
    await sleep(5)
  }
  socket.destroy()
}

/** Sends what is no frame, and wants to be thrown out. */
async function babbler({ port, name, random }: SessionFacts): Promise<string | undefined> {
  const socket = await openRaw(port)
  const noise = randomBytes(10 + Math.floor(random() * 1000))
  // Not masked, which no client may.
  noise[0] = 0x82
  noise[1] = 0x05
  return thrownOut(socket, noise, `${name}: sent noise`)
}

/** Announces a message of a gigabyte, and wants to be thrown out. */
async function boaster({ port, name }: SessionFacts): Promise<string | undefined> {
  const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])
  return thrownOut(await openRaw(port), head, `${name}: announced ${2 ** 30} of ${mostMessageBytes} bytes`)
}

/** Answers no ping, and wants to be given up. */
async function deaf({ port, name }: SessionFacts): Promise<string | undefined> {
  return thrownOut(await openRaw(port), Buffer.alloc(0), `${name}: answered no ping`)
}

/** Says nothing, answers pings, and wants to be left alone. */
async function idler({ port, name, random }: SessionFacts): Promise<string | undefined> {
  const socket = await open(port)
  const closed = once(socket, 'close').then(([code]) => `${name}: was idle and closed with ${String(code)}`)
  const fault = await Promise.race([closed, sleep(random() * 5 * pingMs)])
  socket.terminate()
  return fault as string | undefined
}

/** Sessions and how often they are drawn. */
const sessions: readonly (readonly [weight: number, session: Session])[] = [
  [10, steady],
  [4, leaver],
  [1, staller],
  [1, dripper],
  [1, babbler],
  [1, boaster],
  [1, deaf],
  [1, idler],
]

/** Draws one by its weight. */
export function drawSession(random: () => number): Session {
  const total = sessions.reduce((sum, [weight]) => sum + weight, 0)
  let at = random() * total
  for (const [weight, session] of sessions) if ((at -= weight) < 0) return session
  return steady
}

function messageOf(name: string, number: number, size: number): string {
  return `${name} ${number} ${'x'.repeat(size)}`
}

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  socket.on('error', () => socket.terminate())
  const gone = once(socket, 'close').then(() => Promise.reject(new Error('the connection was refused')))
  gone.catch(() => undefined)
  await Promise.race([once(socket, 'open'), gone])
  return socket
}

async function openRaw(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  await once(socket, 'data')
  return socket
}

async function thrownOut(socket: Socket, bytes: Buffer, what: string): Promise<string | undefined> {
  const closed = once(socket, 'close').then(() => undefined)
  socket.on('end', () => socket.end())
  socket.resume()
  socket.write(bytes)
  const fault = await within(closed, `${what} and to be thrown out`)
  socket.destroy()
  return fault
}

/** What the promise gives, or that it took too long. */
async function within(promise: Promise<string | undefined>, what: string): Promise<string | undefined> {
  const waiting = new AbortController()
  const late = sleep(patienceMs, `not within ${patienceMs / 1000} s: ${what}`, { signal: waiting.signal })
  try {
    return await Promise.race([promise, late])
  } finally {
    waiting.abort()
    late.catch(() => undefined)
  }
}
