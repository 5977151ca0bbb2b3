import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { Arrivals } from './arrivals.ts'
import { type Receiver, close, listen } from './webhook-receiver.ts'

/** Starts a WebSocket server that notes what it gets; it stalls, breaks off or is away. */
export async function startWebSocketReceiver(): Promise<Receiver> {
  const arrivals = new Arrivals()
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  // The HTTP server's own errors are its listeners'.
  sockets.on('error', () => undefined)
  let latest: WebSocket | undefined
  sockets.on('connection', (socket: WebSocket) => {
    latest = socket
    socket.on('message', (data: Buffer) => {
      // What a connection that stalled and was given up still holds is older than what has come by the next one.
      if (socket === latest) arrivals.add(data.toString())
    })
    socket.on('error', () => socket.terminate())
  })
  const port = await listen(server, 0)
  const endAll = (): void => {
    for (const socket of sockets.clients) socket.terminate()
  }
  const moods: ((ms: number) => Promise<void>)[] = [
    async (ms) => {
      for (const socket of sockets.clients) socket.pause()
      await sleep(ms)
      for (const socket of sockets.clients) socket.resume()
    },
    async () => endAll(),
    async () => {
      for (const socket of sockets.clients) socket.close(1001)
    },
    async (ms) => {
      endAll()
      await close(server)
      await sleep(ms)
      await listen(server, port)
    },
  ]
  return {
    port,
    arrivals,
    misbehave: async (ms, random) => moods[Math.floor(random() * moods.length)]?.(ms),
    async close() {
      endAll()
      await close(server)
    },
  }
}
