import type { Server } from 'node:net'
import type { PeltonError } from '@pelton/core'
import { errors } from '../errors.ts'

/** Where to listen. */
export interface BindAddress {
  /** Empty for all interfaces. */
  host: string
  /** 0 for a free one. */
  port: number
  /** Several listeners share the address (`SO_REUSEPORT`). */
  reusePort?: boolean
}

const backlog = 4_096

/** Binds a server. Rejects with a `PeltonError` that says why it cannot. */
export function bind(server: Server, address: BindAddress): Promise<void> {
  const { host, port, reusePort = false } = address
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(explain(error, formatAddress(host, port)))
    server.once('error', fail)
    server.listen({ port, backlog, reusePort, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

/** `host:port` as people write it; all interfaces are `*`. */
export function formatAddress(host: string, port: number): string {
  return `${host === '' ? '*' : host.includes(':') ? `[${host}]` : host}:${port}`
}

function explain(error: NodeJS.ErrnoException, address: string): PeltonError {
  if (error.code === 'EADDRINUSE') return errors.port_taken({ address }, error)
  if (error.code === 'EACCES' || error.code === 'EPERM') return errors.port_denied({ address }, error)
  return errors.address_unusable({ address, reason: error.message }, error)
}
