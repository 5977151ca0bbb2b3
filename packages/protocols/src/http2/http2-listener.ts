import { type AddressInfo, type Server, type Socket, createServer as createNetServer } from 'node:net'
import type { Clock, Timer } from '@pelton/core'
import { errors } from '../errors.ts'
import type { OnStream, Transport } from './transport.ts'
import { type BindAddress, bind } from '../http/bind.ts'
import { readAuthorities, readTls } from '../http/tls-files.ts'
import { type ConnectionTerms, Http2Connection, type Http2Limits } from './http2-connection.ts'
import { responseHead } from './http2-stream.ts'
import { SlabPool } from './slab-pool.ts'

/** TLS, and with `ca` mutual TLS: paths of PEM files. */
export interface Http2Tls {
  cert: string
  key: string
  /** Certificates of which one must have signed the client's. */
  ca?: string
}

/** Where and how to listen. */
export interface Http2ListenerOptions extends BindAddress {
  tls?: Http2Tls | undefined
  /** Of every response that has a body: names and values by turns. */
  responseHeaders: readonly string[]
  limits: Http2Limits
  clock: Clock
  onStream: OnStream
  onFault(error: unknown): void
}

const handshakeTimeoutMs = 10_000
/** A look that is so much late tells that this process was asleep: what came meanwhile is read before the next one. */
const mostLateMs = 1_000

/** Listens for HTTP/2 with prior knowledge, or by ALPN over TLS. Rejects with a `PeltonError` when it cannot. */
export async function listenHttp2(options: Http2ListenerOptions): Promise<Transport> {
  const server = await createServer(options.tls)
  const listener = new Http2Listener(server, options)
  await bind(server, options)
  server.on('error', options.onFault)
  return listener
}

class Http2Listener implements Transport {
  readonly #server: Server
  readonly #terms: ConnectionTerms
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Set<Http2Connection>()
  #sweeper: Timer | undefined
  #drained: Promise<void> | undefined

  constructor(server: Server, options: Http2ListenerOptions) {
    const { limits, clock, onStream, onFault, responseHeaders } = options
    this.#server = server
    this.#terms = {
      limits,
      clock,
      onStream,
      onFault,
      slabs: new SlabPool(),
      responseHead: responseHead(responseHeaders),
    }
    server.maxConnections = limits.maxConnections
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    if (options.tls) server.on('secureConnection', (socket: Socket) => this.#admitSecure(socket))
    else server.on('connection', (socket: Socket) => this.#admit(socket))
  }

  get host(): string {
    return (this.#server.address() as AddressInfo).address
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.#server.close(() => {
        this.#sweeper?.cancel()
        resolve()
      })
      for (const connection of this.#connections) connection.drain()
    })
    return this.#drained
  }

  cut(): void {
    for (const connection of this.#connections) connection.cut()
    // Those that are still shaking hands are no connections yet.
    for (const socket of this.#sockets) socket.destroy()
  }

  #admitSecure(socket: Socket & { alpnProtocol?: string | false | null }): void {
    if (socket.alpnProtocol === 'h2') this.#admit(socket)
    else socket.destroy()
  }

  #admit(socket: Socket): void {
    const connection = new Http2Connection(socket, this.#terms)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    if (this.#drained) connection.drain()
    this.#sweeper ??= this.#sweepLater()
  }

  #sweepLater(): Timer {
    const { keepAliveMs, keepAliveTimeoutMs } = this.#terms.limits
    const { clock } = this.#terms
    const least = keepAliveMs === 0 ? Infinity : Math.min(keepAliveMs, keepAliveTimeoutMs)
    const everyMs = Math.min(500, Math.max(10, least / 4))
    const dueAt = clock.now() + everyMs
    return clock.after(everyMs, () => {
      this.#sweeper = this.#connections.size > 0 ? this.#sweepLater() : undefined
      const now = clock.now()
      if (now - dueAt > mostLateMs) return
      for (const connection of this.#connections) connection.sweep(now)
    })
  }
}

async function createServer(tls: Http2Tls | undefined): Promise<Server> {
  if (!tls) return createNetServer({ noDelay: true })
  const [files, ca] = await Promise.all([readTls(tls), tls.ca === undefined ? undefined : readAuthorities(tls.ca)])
  const mutual = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const secure = { ...files, ...mutual, handshakeTimeout: handshakeTimeoutMs, ALPNProtocols: ['h2'], noDelay: true }
  try {
    return process.getBuiltinModule('node:tls').createServer(secure)
  } catch (error) {
    throw errors.tls_invalid({ cert: tls.cert, key: tls.key, reason: (error as Error).message }, error)
  }
}
