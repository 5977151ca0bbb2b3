import { type AddressInfo, type ListenOptions, type Server, createServer } from 'node:net'
import type { ListenAddress } from '@pelton/core'
import { errors } from '../errors.ts'

/** An address for workers that share it. */
export interface ReservedAddress {
  host: string
  port: number
  /** The default port that was taken. */
  movedFrom?: number
  /** To be called when the workers listen: a port that the system chose is kept from other programs until then. */
  release(): Promise<void>
}

/**
 * Binds an address exclusively, notes the port and closes it again: workers that share an address by `SO_REUSEPORT`
 * would share it with any other process in silence. A default port that is taken gives way to a free one.
 */
export async function reserveAddress(trigger: string, wanted: ListenAddress): Promise<ReservedAddress> {
  const { host, port, configured } = wanted
  if (port === 0) return holdFreePort(host)
  try {
    await close(await bind({ host, port, exclusive: true }))
    return { host, port, release: () => Promise.resolve() }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const what = `Trigger ${trigger}`
    const address = `${host}:${port}`
    if (code !== 'EADDRINUSE') {
      throw errors.listen_failed({ what, address, reason: (cause as Error).message }, cause)
    }
    if (configured) throw errors.address_taken({ what, address }, cause)
    return { ...(await holdFreePort(host)), movedFrom: port }
  }
}

// The system hands the ports that it chooses itself to outgoing connections too, many a second on a busy machine. A port
// that is held as a shared one cannot be chosen again, and nobody knows it yet who could connect to the holder.
async function holdFreePort(host: string): Promise<ReservedAddress> {
  const server = await bind({ host, port: 0, reusePort: true })
  const { port } = server.address() as AddressInfo
  return { host, port, release: () => close(server) }
}

function bind(options: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(options, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
