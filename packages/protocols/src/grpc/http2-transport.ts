import type { Http2Server, SecureServerOptions, ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Clock, Timer } from '@pelton/core'
import { errors } from '../errors.ts'
import { type BindAddress, bind } from '../http/bind.ts'
import { readAuthorities, readTls } from '../http/tls-files.ts'
import type { GrpcLimits } from './grpc-limits.ts'
import { type ConnectionTerms, Http2Connection } from './http2-connection.ts'
import type { OnStream, Transport } from './transport.ts'

/** TLS, and with `ca` mutual TLS: paths of PEM files. */
export interface GrpcTls {
  cert: string
  key: string
  /** Certificates of which one must have signed the client's. */
  ca?: string
}

/** Where and how to listen. */
export interface TransportOptions extends BindAddress {
  tls?: GrpcTls | undefined
  limits: GrpcLimits
  clock: Clock
  onStream: OnStream
  onFault(error: unknown): void
}

/** Bytes that a peer may send on one stream before they are taken. */
const streamWindow = 1024 * 1024
const handshakeTimeoutMs = 10_000
/** The smallest header takes so many bytes of a header list (RFC 9113 §6.5.2). */
const leastHeaderBytes = 32
/** Peers cut streams for honest reasons, too: those that had no answer are counted by `ResetBudget` instead. */
const unlimitedResets = 2 ** 31

/** Listens for HTTP/2 by `node:http2`. Rejects with a `PeltonError` when it cannot. */
export async function listenHttp2(options: TransportOptions): Promise<Transport> {
  const server = await createServer(options)
  const listener = new Http2Listener(server, { ...options, isSecure: options.tls !== undefined })
  await bind(server, options)
  server.on('error', options.onFault)
  return listener
}

class Http2Listener implements Transport {
  readonly #server: Server
  readonly #terms: ConnectionTerms
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Map<ServerHttp2Session, Http2Connection>()
  /** The socket whose session comes next. */
  #arrived: Socket | undefined
  #sweeper: Timer | undefined
  #drained: Promise<void> | undefined

  constructor(server: Http2Server, terms: ConnectionTerms & { isSecure: boolean }) {
    this.#server = server
    this.#terms = terms
    server.maxConnections = terms.limits.maxConnections
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    // Before the listener of node:http2, which makes the session: that does not give its socket away.
    server.prependListener(terms.isSecure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#arrived = socket
    })
    server.on('session', (session) => this.#admit(session))
    server.on('unknownProtocol', (socket) => socket.destroy())
  }

  get host(): string {
    return (this.#server.address() as AddressInfo).address
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      // Not the method of node:http2's server, which would close the connections before streams on their way arrive.
      const { Server: NetServer } = process.getBuiltinModule('node:net')
      NetServer.prototype.close.call(this.#server, () => {
        this.#sweeper?.cancel()
        resolve()
      })
      for (const connection of this.#connections.values()) connection.drain()
    })
    return this.#drained
  }

  cut(): void {
    for (const connection of this.#connections.values()) connection.cut()
    // Those that are still shaking hands have no session.
    for (const socket of this.#sockets) socket.destroy()
  }

  #admit(session: ServerHttp2Session): void {
    const socket = this.#arrived as Socket
    this.#arrived = undefined
    const connection = new Http2Connection(session, socket, this.#terms)
    this.#connections.set(session, connection)
    session.once('close', () => this.#connections.delete(session))
    if (this.#drained) connection.drain()
    this.#sweeper ??= this.#sweepLater()
  }

  #sweepLater(): Timer | undefined {
    const { keepAliveMs, keepAliveTimeoutMs } = this.#terms.limits
    const { clock } = this.#terms
    const least = keepAliveMs === 0 ? Infinity : Math.min(keepAliveMs, keepAliveTimeoutMs)
    return clock.after(Math.min(2_500, Math.max(10, least / 4)), () => {
      this.#sweeper = this.#connections.size > 0 ? this.#sweepLater() : undefined
      const now = clock.now()
      for (const connection of this.#connections.values()) connection.sweep(now)
    })
  }
}

async function createServer({ tls, limits }: TransportOptions): Promise<Http2Server> {
  const settings = settingsFor(limits)
  const http2 = process.getBuiltinModule('node:http2')
  if (!tls) return http2.createServer(settings)
  const [files, ca] = await Promise.all([readTls(tls), tls.ca === undefined ? undefined : readAuthorities(tls.ca)])
  const mutual = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const secure = { ...settings, ...files, ...mutual, handshakeTimeout: handshakeTimeoutMs, ALPNProtocols: ['h2'] }
  try {
    return http2.createSecureServer(secure)
  } catch (error) {
    throw errors.tls_invalid({ cert: tls.cert, key: tls.key, reason: (error as Error).message }, error)
  }
}

function settingsFor(limits: GrpcLimits): SecureServerOptions {
  return {
    settings: {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      initialWindowSize: streamWindow,
      maxHeaderListSize: limits.maxMetadataBytes,
      enablePush: false,
    },
    // Megabytes. It counts answers on their way, which have bounds of their own.
    maxSessionMemory: 4_096,
    maxHeaderListPairs: Math.max(64, Math.ceil(limits.maxMetadataBytes / leastHeaderBytes)),
    streamResetBurst: unlimitedResets,
    streamResetRate: unlimitedResets,
    maxSessionRejectedStreams: 1_000,
    maxSessionInvalidFrames: 10_000,
    noDelay: true,
  }
}
