import { Buffer } from 'node:buffer'
import { RtspFault } from './rtsp-fault.ts'
import { type RtspRequest, headerOf } from './rtsp-message.ts'
import { RtspReader } from './rtsp-reader.ts'
import type { RtspStream, StreamReader } from './rtsp-stream.ts'
import { findStream, withoutSlashes } from './stream-path.ts'
import { type TransportSpec, readTransports } from './transport-header.ts'
import { type HeadersToWrite, writeResponse } from './write-message.ts'

/** How a reader wants its packets: on two channels of the connection, or at two ports of its own. */
export type Delivery =
  | { by: 'tcp'; channels: readonly [number, number] }
  | { by: 'udp'; ports: readonly [number, number] }

/** What a conversation asks of its server. */
export interface ConversationHost {
  readonly streams: ReadonlyMap<string, RtspStream>
  /** The server's own, for UDP. */
  readonly ports: readonly [number, number]
  send(bytes: Buffer): void
  /** A reader of the stream; undefined when there are too many. */
  join(stream: RtspStream, delivery: Delivery): StreamReader | undefined
  /** Ends the connection when what was sent is out. */
  end(): void
  newSessionId(): string
}

interface Session {
  id: string
  stream: RtspStream
  reader: StreamReader
  isPlaying: boolean
  /** Of the stream that was set up. */
  controlUrl: string
}

interface Answer {
  status: number
  headers?: HeadersToWrite
  body?: Buffer
  /** Done when the answer is out. */
  after?: () => void
}

/** How long a session is kept without a sign of life. */
export const sessionTimeoutMs = 60_000

const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN'
/** Who has been refused so often is guessing. */
const mostRefusals = 10

/** A server's side of one connection (RFC 2326): what to answer, without sockets and clocks. It has one session at most. */
export class ServerConversation {
  readonly #host: ConversationHost
  readonly #reader: RtspReader
  readonly #granted = new Set<RtspStream>()
  #session: Session | undefined
  #refusals = 0

  constructor(host: ConversationHost) {
    this.#host = host
    this.#reader = new RtspReader({
      onRequest: (request) => this.#take(request),
      // Nothing is asked of clients; their reports are a sign of life, as is any byte.
      onResponse: () => undefined,
      onPacket: () => undefined,
    })
  }

  get isPlaying(): boolean {
    return this.#session?.isPlaying ?? false
  }

  /** What is set up. */
  get stream(): RtspStream | undefined {
    return this.#session?.stream
  }

  /** Takes what came over the connection. */
  receive(chunk: Buffer): void {
    try {
      this.#reader.push(chunk)
    } catch (error) {
      if (!(error instanceof RtspFault)) throw error
      this.#reader.stop()
      this.#host.send(writeResponse(400, []))
      this.#host.end()
    }
  }

  /** The connection is no more. */
  close(): void {
    this.#reader.stop()
    this.#leave()
  }

  #take(request: RtspRequest): void {
    const { status, headers = [], body, after } = this.#refusalOf(request) ?? this.#answer(request)
    const sequence = headerOf(request, 'cseq')
    this.#host.send(writeResponse(status, [['CSeq', sequence], ['Server', 'pelton'], ...headers], body))
    after?.()
    if (this.#refusals > mostRefusals) {
      this.#reader.stop()
      this.#host.end()
    }
  }

  #refusalOf(request: RtspRequest): Answer | undefined {
    const required = headerOf(request, 'require') ?? headerOf(request, 'proxy-require')
    if (request.version !== '1.0') return { status: 505 }
    if (!/^\d{1,10}$/.test(headerOf(request, 'cseq') ?? '')) return { status: 400 }
    if (required !== undefined) return { status: 551, headers: [['Unsupported', required]] }
    return undefined
  }

  #answer(request: RtspRequest): Answer {
    switch (request.method) {
      case 'OPTIONS':
        return { status: 200, headers: [['Public', methods]] }
      case 'DESCRIBE':
        return this.#describe(request)
      case 'SETUP':
        return this.#setUp(request)
      case 'PLAY':
      case 'PAUSE':
      case 'TEARDOWN':
        return this.#steer(request)
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return this.#isForeign(request) ? { status: 454 } : { status: 200, headers: this.#sessionHeaders() }
      default:
        // Recording is among them.
        return { status: 501, headers: [['Public', methods]] }
    }
  }

  #describe(request: RtspRequest): Answer {
    const stream = findStream(this.#host.streams, request.uri, false)
    if (!stream) return { status: 404 }
    const refusal = this.#admit(stream, request)
    if (refusal) return refusal
    const accepted = headerOf(request, 'accept')
    if (accepted !== undefined && !/application\/sdp|\*\/\*|application\/\*/i.test(accepted)) return { status: 406 }
    const sdp = stream.source.sdp()
    // Nothing has been sent yet, and nobody knows what will be.
    if (sdp === undefined) return { status: 503, headers: [['Retry-After', 1]] }
    const base = `${withoutSlashes(request.uri.replace(/[?#].*$/s, ''))}/`
    const headers = [
      ['Content-Base', base],
      ['Content-Type', 'application/sdp'],
    ] as const
    return { status: 200, headers, body: Buffer.from(sdp) }
  }

  #setUp(request: RtspRequest): Answer {
    const stream = findStream(this.#host.streams, request.uri, true)
    if (!stream) return { status: 404 }
    const refusal = this.#admit(stream, request)
    if (refusal) return refusal
    if (this.#isForeign(request)) return { status: 454 }
    if (this.#session?.isPlaying) return { status: 455, headers: [['Allow', methods]] }
    const chosen = readTransports(request.headers.get('transport')?.join() ?? '')
      .map((spec) => readDelivery(spec))
      .find((delivery) => delivery !== undefined)
    if (!chosen) return { status: 461 }
    const id = this.#session?.id ?? this.#host.newSessionId()
    this.#leave()
    const reader = this.#host.join(stream, chosen)
    if (!reader) return { status: 453 }
    this.#session = { id, stream, reader, isPlaying: false, controlUrl: request.uri }
    return { status: 200, headers: [['Transport', this.#writeTransport(chosen)], ...this.#sessionHeaders()] }
  }

  #steer({ method, headers }: RtspRequest): Answer {
    const session = this.#session
    if (this.#isForeign({ headers }) || (!session && method === 'TEARDOWN')) return { status: 454 }
    if (!session) return { status: 455, headers: [['Allow', methods]] }
    if (method === 'TEARDOWN') {
      this.#leave()
      return { status: 200 }
    }
    session.isPlaying = method === 'PLAY'
    if (method === 'PLAY') return this.#play(session)
    session.reader.pause()
    return { status: 200, headers: this.#sessionHeaders() }
  }

  #play({ stream, reader, controlUrl }: Session): Answer {
    // A reader that has to wait for a key frame begins at a number that is not known yet.
    const sequence = stream.isKeyed ? undefined : stream.source.nextSequence()
    const info = `url=${controlUrl}${sequence === undefined ? '' : `;seq=${sequence}`}`
    const headers: HeadersToWrite = [['Range', 'npt=now-'], ['RTP-Info', info], ...this.#sessionHeaders()]
    return { status: 200, headers, after: () => reader.play() }
  }

  /** Undefined for who may read the stream. */
  #admit(stream: RtspStream, request: RtspRequest): Answer | undefined {
    const { guard } = stream
    if (!guard || this.#granted.has(stream)) return undefined
    const verdict = guard.check(headerOf(request, 'authorization'), request)
    if (verdict === 'granted') {
      this.#granted.add(stream)
      return undefined
    }
    this.#refusals += 1
    const challenges = guard.challenge(verdict === 'stale')
    return { status: 401, headers: challenges.map((challenge) => ['WWW-Authenticate', challenge] as const) }
  }

  /** It names a session that is not of this connection. */
  #isForeign(request: Pick<RtspRequest, 'headers'>): boolean {
    const named = headerOf(request, 'session')?.split(';')[0]?.trim()
    return named !== undefined && named !== this.#session?.id
  }

  #sessionHeaders(): HeadersToWrite {
    return this.#session ? [['Session', `${this.#session.id};timeout=${sessionTimeoutMs / 1000}`]] : []
  }

  #writeTransport(delivery: Delivery): string {
    if (delivery.by === 'tcp') return `RTP/AVP/TCP;unicast;interleaved=${delivery.channels.join('-')}`
    const { ports } = this.#host
    return `RTP/AVP;unicast;client_port=${delivery.ports.join('-')};server_port=${ports.join('-')}`
  }

  #leave(): void {
    this.#session?.reader.leave()
    this.#session = undefined
  }
}

function readDelivery(spec: TransportSpec): Delivery | undefined {
  const { isInterleaved, isMulticast, interleaved, clientPorts, mode } = spec
  if (isMulticast || mode !== 'play') return undefined
  if (isInterleaved) return { by: 'tcp', channels: interleaved ?? [0, 1] }
  return clientPorts && clientPorts[0] > 0 && clientPorts[1] > 0 ? { by: 'udp', ports: clientPorts } : undefined
}
