import type { Socket } from 'node:net'
import type { Clock } from '@pelton/core'
import { tlsReason } from '../camera/tls-reason.ts'
import { errors } from '../errors.ts'
import type { RtspTarget } from './rtsp-target.ts'

/** Whom to trust, and who we are; PEM texts. */
export interface RtspTls {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
  /** Default true. */
  rejectUnauthorized?: boolean | undefined
}

/** How to connect. */
export interface OpenOptions {
  tls: RtspTls | undefined
  timeoutMs: number
  clock: Clock
  signal: AbortSignal
}

/** Connects by TCP or TLS. Rejects with `rtsp_not_connected`; gives undefined when `signal` aborts meanwhile. */
export async function openSocket(target: RtspTarget, options: OpenOptions): Promise<Socket | undefined> {
  const { clock, timeoutMs, signal } = options
  if (signal.aborted) return undefined
  const socket = connect(target, options)
  // What is answered at once must not wait for what is sent next.
  socket.setNoDelay(true)
  const refuse = (reason: string, cause?: unknown): Error => {
    socket.destroy()
    return errors.rtsp_not_connected({ url: target.uri.replace(/\?.*$/s, ''), reason }, cause)
  }
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      settle()
      socket.destroy()
      resolve(undefined)
    }
    const timer = clock.after(timeoutMs, () => {
      settle()
      reject(refuse(`no connection within ${timeoutMs} ms`))
    })
    signal.addEventListener('abort', abort)
    // It stays: a socket that was given up may fail once more.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      settle()
      const reason = tlsReason(error) ?? (error.message === '' ? undefined : error.message)
      reject(refuse(reason ?? error.code ?? 'it failed', error))
    })
    socket.once(target.isSecure ? 'secureConnect' : 'connect', () => {
      settle()
      resolve(socket)
    })
  })
}

function connect({ host, port, isSecure }: RtspTarget, { tls }: OpenOptions): Socket {
  const { connect: connectTcp, isIP } = process.getBuiltinModule('node:net')
  if (!isSecure) return connectTcp({ host, port })
  // Loaded only here: most cameras have no certificate.
  const { connect: connectTls } = process.getBuiltinModule('node:tls')
  const { ca, cert, key, rejectUnauthorized = true } = tls ?? {}
  return connectTls({
    host,
    port,
    rejectUnauthorized,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
}
