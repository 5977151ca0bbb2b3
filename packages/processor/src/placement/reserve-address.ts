import { createServer } from 'node:net'
import type { ListenAddress } from '@pelton/core'
import { errors } from '../errors.ts'

/** An address that was free a moment ago. */
export interface ReservedAddress {
  host: string
  port: number
  /** The default port that was taken. */
  movedFrom?: number
}

/**
 * Binds an address exclusively, notes the port and closes it again: workers that share an address by `SO_REUSEPORT`
 * would share it with any other process in silence. A default port that is taken gives way to a free one.
 */
export async function reserveAddress(trigger: string, wanted: ListenAddress): Promise<ReservedAddress> {
  const { host, port, configured } = wanted
  try {
    return { host, port: await bindOnce(host, port) }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const what = `Trigger ${trigger}`
    const address = `${host}:${port}`
    if (code !== 'EADDRINUSE') {
      throw errors.listen_failed({ what, address, reason: (cause as Error).message }, cause)
    }
    if (configured) throw errors.address_taken({ what, address }, cause)
    return { host, port: await bindOnce(host, 0), movedFrom: port }
  }
}

function bindOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}
