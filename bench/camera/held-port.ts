import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { KeyFinder } from './find-key.ts'

/** A port before a camera that takes connections, and passes their bytes on only when it is told to. */
export interface HeldPort {
  port: number
  /** Resolves when somebody has connected. */
  taken: Promise<void>
  /** Passes on from now on. */
  open(): void
  /** When the first whole key picture had passed, by `performance.now()`. */
  keyAt: Promise<number>
  close(): void
}

/** Stands before a camera of this machine, so that a client that is ready can be let go at a chosen moment. */
export async function holdPort(camera: number): Promise<HeldPort> {
  const sockets = new Set<net.Socket>()
  const taken = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  const key = Promise.withResolvers<number>()
  const pass = async (client: net.Socket): Promise<void> => {
    taken.resolve()
    sockets.add(client.setNoDelay())
    client.on('error', () => client.destroy())
    await opened.promise
    const there = net.connect(camera, '127.0.0.1').setNoDelay()
    sockets.add(there)
    there.on('error', () => client.destroy())
    const finder = new KeyFinder(() => key.resolve(performance.now()))
    // First it is passed on: who waits for it is not to wait for us.
    there.on('data', (chunk: Buffer) => {
      client.write(chunk)
      finder.push(chunk)
    })
    client.pipe(there).on('close', () => client.destroy())
  }
  const server = net.createServer((client) => void pass(client))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    taken: taken.promise,
    open: opened.resolve,
    keyAt: key.promise,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
