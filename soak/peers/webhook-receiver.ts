import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Arrivals } from './arrivals.ts'

/** A server that is well, refuses, breaks off, hangs or is away. */
export interface Receiver {
  readonly port: number
  readonly arrivals: Arrivals
  /** Is bad in a way of its own for a while, then well again. */
  misbehave(ms: number, random: () => number): Promise<void>
  close(): Promise<void>
}

/** The receivers by the name of their sink. */
export interface Receivers {
  webhook: Receiver
  websocket: Receiver
}

type Mood = 'well' | 'refusing' | 'hanging' | 'breaking'

/** Starts a webhook that counts what it has acknowledged, each event once. */
export async function startWebhookReceiver(): Promise<Receiver> {
  const arrivals = new Arrivals()
  const acknowledged = new Set<string>()
  let mood: Mood = 'well'
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await textOf(request)
    const id = String(request.headers['x-event-id'])
    if (mood === 'hanging') return
    if (mood === 'breaking') return void request.socket.destroy()
    if (mood === 'refusing') return void response.writeHead(503).end()
    if (!acknowledged.has(id)) arrivals.add(text)
    acknowledged.add(id)
    response.end()
  }
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  const port = await listen(server, 0)
  return {
    port,
    arrivals,
    async misbehave(ms, random) {
      const moods: (Mood | 'away')[] = ['refusing', 'hanging', 'breaking', 'away']
      const next = moods[Math.floor(random() * moods.length)] ?? 'away'
      if (next === 'away') {
        await close(server)
        await sleep(ms)
        return void (await listen(server, port))
      }
      mood = next
      await sleep(ms)
      mood = 'well'
    },
    close: () => close(server),
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Binds the port; when somebody else's client holds it for the moment, again. */
export async function listen(server: Server, port: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    } catch (error) {
      if (attempt === 50) throw error
      await sleep(100)
    }
  }
}

/** Closes it with all its connections. */
export async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
