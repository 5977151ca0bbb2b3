import type { AddressInfo, Server, Socket } from 'node:net'
import { type Clock, type Timer, systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { createAuthGuard } from '../http-auth/index.ts'
import { bind, formatAddress } from '../http/bind.ts'
import { RtspStream } from './rtsp-stream.ts'
import { ServerLink, type ServerLinkHost } from './server-link.ts'
import { streamKey } from './stream-path.ts'
import type { StreamSource } from './stream-source.ts'
import { type UdpPair, bindUdpPair } from './udp-pair.ts'

/** Where a server listens, and for how many. */
export interface ServeRtspOptions {
  /** Empty for all interfaces. */
  host: string
  /** 0 for a free one. */
  port: number
  /** For UDP; default, and 0: free ones. */
  rtpPort?: number | undefined
  rtcpPort?: number | undefined
  /** Of all its streams; default 100. */
  maxReaders?: number | undefined
  clock?: Clock | undefined
}

/** A listening RTSP server. */
export interface RtspServer {
  readonly host: string
  readonly port: number
  /** Serves a stream at a path that is free; who shares a server sees to that by `RtspListeners`. */
  add(path: string, source: StreamSource): RtspStream
  /** Ends a stream and its readers; harmless when it has ended before. */
  remove(stream: RtspStream): void
  /** Resolves when nothing listens and nobody is connected any more, a second later at most. */
  close(): Promise<void>
}

/** So many may read where nobody says how many. */
export const defaultMaxReaders = 100
const sweepMs = 1_000
/** What a sweep is later than this was the sleep of this process, and nobody's silence: what came meanwhile is not read yet. */
const mostAwakeMs = 2 * sweepMs
const closeMs = 1_000

/**
 * Serves streams by RTSP (RFC 2326), to each reader by TCP or UDP. Rejects with `port_taken` or another reason why it
 * cannot be bound.
 */
export async function serveRtsp(options: ServeRtspOptions): Promise<RtspServer> {
  const { createServer } = process.getBuiltinModule('node:net')
  const server = createServer()
  await bind(server, options)
  try {
    const udp = await bindPorts(server.address() as AddressInfo, options)
    return new ListeningServer(server, udp, options)
  } catch (error) {
    server.close()
    throw error
  }
}

async function bindPorts({ family, address }: AddressInfo, options: ServeRtspOptions): Promise<UdpPair> {
  const ports = [options.rtpPort ?? 0, options.rtcpPort ?? 0] as const
  const host = options.host === '' ? undefined : address
  try {
    return await bindUdpPair({ isV6: family === 'IPv6', host, ports })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const shown = `${formatAddress(options.host, ports[0])} (UDP)`
    if (code === 'EADDRINUSE') throw errors.port_taken({ address: shown }, error)
    throw errors.address_unusable({ address: shown, reason: message }, error)
  }
}

class ListeningServer implements RtspServer, ServerLinkHost {
  readonly host: string
  readonly port: number
  readonly udp: UdpPair
  readonly rtcpPort: number
  readonly streams = new Map<string, RtspStream>()
  readonly #server: Server
  readonly #clock: Clock
  readonly #maxReaders: number
  readonly #links = new Set<ServerLink>()
  #awakeMs = 0
  #sweptAt: number
  #timer: Timer | undefined
  #closing: Promise<void> | undefined

  constructor(server: Server, udp: UdpPair, options: ServeRtspOptions) {
    this.#server = server
    this.#clock = options.clock ?? systemClock
    this.#sweptAt = this.#clock.now()
    this.#maxReaders = options.maxReaders ?? defaultMaxReaders
    this.host = options.host
    this.port = (server.address() as AddressInfo).port
    this.udp = udp
    this.rtcpPort = udp.rtcp.address().port
    server.on('connection', (socket: Socket) => this.#take(socket))
    udp.rtcp.on('message', (_, { address, port }) => this.#hear(address, port))
    this.#sweepLater()
  }

  add(path: string, source: StreamSource): RtspStream {
    const key = streamKey(path)
    const { credentials } = source
    const guard = credentials && createAuthGuard({ ...credentials, realm: 'pelton', clock: this.#clock })
    const stream = new RtspStream(key, source, guard)
    this.streams.set(key, stream)
    return stream
  }

  remove(stream: RtspStream): void {
    if (this.streams.get(stream.path) !== stream) return
    this.streams.delete(stream.path)
    stream.end()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  hasRoom(): boolean {
    let readers = 0
    for (const stream of this.streams.values()) readers += stream.readers
    return readers < this.#maxReaders
  }

  get awakeMs(): number {
    return this.#awakeMs
  }

  async #close(): Promise<void> {
    for (const stream of this.streams.values()) this.remove(stream)
    this.#timer?.cancel()
    for (const link of this.#links) link.end()
    const timer = this.#clock.after(closeMs, () => {
      for (const link of this.#links) link.destroy()
    })
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    timer.cancel()
    // The last goodbyes are out by now.
    this.udp.close()
  }

  #take(socket: Socket): void {
    // Readers, and as many that are still asking.
    if (this.#links.size >= 2 * this.#maxReaders + 8) return void socket.destroy()
    const link = new ServerLink(socket, this)
    this.#links.add(link)
    socket.on('close', () => this.#links.delete(link))
  }

  #hear(address: string, port: number): void {
    for (const link of this.#links) if (link.hear(address, port)) return
  }

  #sweepLater(): void {
    this.#timer = this.#clock.after(sweepMs, () => {
      const now = this.#clock.now()
      this.#awakeMs += Math.min(now - this.#sweptAt, mostAwakeMs)
      this.#sweptAt = now
      for (const link of this.#links) link.sweep()
      for (const stream of this.streams.values()) stream.reportAt(now)
      this.#sweepLater()
    })
  }
}
