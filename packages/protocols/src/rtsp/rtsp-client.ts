import type { PeltonError } from '@pelton/core'
import { errors } from '../errors.ts'
import type { HttpAuth } from '../http-auth/index.ts'
import { type MediaChoice, type SessionDescription, mediaUrl, sessionUrl } from '../sdp/index.ts'
import type { RtspClientEnd, RtspClientEvents, RtspTransport } from './client-events.ts'
import { ClientExchange } from './client-exchange.ts'
import { answerServer } from './answer-server.ts'
import { readDescription } from './read-description.ts'
import { readRtpInfo } from './rtp-info.ts'
import { RtspFault } from './rtsp-fault.ts'
import { type RtspRequest, type RtspResponse, headerOf } from './rtsp-message.ts'
import { RtspReader } from './rtsp-reader.ts'
import { type RtspTarget, redirectTarget } from './rtsp-target.ts'
import { readSession } from './session-header.ts'
import { readTransports } from './transport-header.ts'
import { type HeadersToWrite, reasonOf } from './write-message.ts'

/** What a client reads, and how patient it is. */
export interface RtspClientOptions {
  target: RtspTarget
  auth: HttpAuth | undefined
  /** `any`: video, or sound where no video can be read. */
  media: 'video' | 'audio' | 'any'
  /** Tried in this order. */
  transports: readonly RtspTransport[]
  /** Without an answer so long, the server is given up. */
  answerTimeoutMs: number
  /** Without a packet so long, the stream is. */
  stallTimeoutMs: number
  /** Without a first packet so long, UDP is given up for the next transport. */
  silenceMs: number
}

type State = 'asking' | 'playing' | 'closing' | 'ended'

/**
 * One connection of an RTSP client (RFC 2326) to one stream: what to send for what came, without sockets and clocks.
 * It is told of time by `elapse`, whose steps are how exactly it measures.
 */
export class RtspClient {
  readonly #options: RtspClientOptions
  readonly #events: RtspClientEvents
  readonly #reader: RtspReader
  readonly #exchange: ClientExchange
  #state: State = 'asking'
  #transports: readonly RtspTransport[]
  #description: SessionDescription | undefined
  #choice: MediaChoice | undefined
  #server = ''
  #controlUrl = ''
  /** What is played and kept alive: the whole session, or the stream where the server wants it so. */
  #playUrl: string
  #sessionTimeoutMs = 60_000
  #keepAliveMethod = 'OPTIONS'
  #channels: readonly [number, number] = [0, 1]
  #hasPackets = false
  #isHeard = false
  #now: number
  /** Of the last packet, or of the begin of playing. */
  #heardAt: number

  constructor(options: RtspClientOptions, events: RtspClientEvents, now: number) {
    this.#options = options
    this.#events = events
    this.#transports = options.transports
    this.#playUrl = options.target.uri
    this.#now = this.#heardAt = now
    this.#reader = new RtspReader({
      onRequest: (request) => this.#takeRequest(request),
      onResponse: (response) => this.#exchange.take(response),
      onPacket: (channel, packet) => this.#takePacket(channel, packet),
    })
    const unauthorized = (reason: string): void => this.#fail(errors.rtsp_unauthorized({ url: this.#url, reason }))
    this.#exchange = new ClientExchange(options.auth, { send: (bytes) => events.send(bytes), unauthorized }, now)
  }

  /** Begins to ask; the connection is there. */
  start(): void {
    this.#exchange.ask({ method: 'OPTIONS', uri: this.#options.target.uri }, (response) => {
      if (this.#isRedirected(response)) return
      // Who does not know OPTIONS may know the rest.
      if (/\bGET_PARAMETER\b/i.test(response.headers.get('public')?.join() ?? ''))
        this.#keepAliveMethod = 'GET_PARAMETER'
      this.#describe()
    })
  }

  /** Takes what came over the connection; nobody may write to it afterwards. */
  receive(chunk: Buffer): void {
    try {
      this.#reader.push(chunk)
    } catch (error) {
      if (!(error instanceof RtspFault)) throw error
      this.#fail(this.#brokenBy(error.message, error))
    }
  }

  /** Takes RTP that came by UDP. */
  receivePacket(packet: Buffer): void {
    if (this.#state === 'ended') return
    this.#isHeard = this.#hasPackets = true
    this.#events.packet(packet)
  }

  /** Where reports about what comes by TCP go. */
  get controlChannel(): number {
    return this.#channels[1]
  }

  /** The stream has ended, though the connection has not. */
  lose(reason: string): void {
    this.#leave({ how: 'failed', error: errors.rtsp_lost({ url: this.#url, reason }) })
  }

  /** The UDP ports that were bound, the first of the pair; undefined when there are none. */
  usePorts(first: number | undefined): void {
    if (this.#state !== 'asking') return
    if (first === undefined) this.#tryNextTransport('there are no UDP ports to bind')
    else this.#setUp(`RTP/AVP;unicast;client_port=${first}-${first + 1}`)
  }

  /** The connection ended without being asked to. */
  disconnected(reason: string): void {
    if (this.#state === 'closing') this.#end({ how: 'closed' })
    else if (this.#state === 'asking' && this.#exchange.isProving) this.#end({ how: 'challenged' })
    else this.#fail(this.#brokenBy(reason))
  }

  /** Leaves the server; `ended` follows when it has answered. */
  close(): void {
    if (this.#state === 'ended' || this.#state === 'closing') return
    this.#state = 'closing'
    if (this.#exchange.session === undefined) return this.#end({ how: 'closed' })
    this.#exchange.ask({ method: 'TEARDOWN', uri: this.#playUrl }, () => this.#end({ how: 'closed' }))
  }

  /** The server's time begins anew: nobody has listened to it until `now`. */
  beginAnew(now: number): void {
    this.#now = this.#heardAt = now
    this.#exchange.beginAnew(now)
  }

  /** Looks what is due at `now`, in monotonic milliseconds. */
  elapse(now: number): void {
    if (this.#state === 'ended') return
    this.#now = now
    const overdue = this.#exchange.elapse(now, this.#options.answerTimeoutMs)
    if (this.#state === 'playing') return this.#elapsePlaying(now)
    if (overdue === undefined) return
    if (this.#state === 'closing') return this.#end({ how: 'closed' })
    const reason = `no answer to ${overdue} within ${this.#options.answerTimeoutMs} ms`
    this.#fail(errors.rtsp_not_connected({ url: this.#url, reason }))
  }

  get #url(): string {
    // A query may hold secrets.
    return this.#options.target.uri.replace(/\?.*$/s, '')
  }

  #describe(): void {
    const { uri } = this.#options.target
    this.#ask('DESCRIBE', uri, [['Accept', 'application/sdp']], (response) => {
      if (response.status !== 200) return this.#refused('DESCRIBE', response)
      const found = readDescription(response, this.#options.media, uri)
      if ('reason' in found) {
        return this.#fail(errors.rtsp_not_connected({ url: this.#url, reason: found.reason }, found.cause))
      }
      if ('offered' in found) {
        const media = this.#options.media === 'any' ? 'video or audio' : this.#options.media
        return this.#fail(errors.rtsp_medium_missing({ url: this.#url, media, offered: found.offered }))
      }
      this.#description = found.description
      this.#choice = found.choice
      this.#server = headerOf(response, 'server') ?? ''
      this.#controlUrl = mediaUrl(found.description, found.choice.media, found.base)
      this.#playUrl = sessionUrl(found.description, found.base)
      this.#tryTransport()
    })
  }

  #tryTransport(): void {
    if (this.#transports[0] === 'udp') this.#events.openPorts()
    else this.#setUp('RTP/AVP/TCP;unicast;interleaved=0-1')
  }

  #tryNextTransport(reason: string): void {
    this.#transports = this.#transports.slice(1)
    if (this.#transports.length > 0) this.#tryTransport()
    else this.#fail(errors.rtsp_not_connected({ url: this.#url, reason }))
  }

  #setUp(transport: string): void {
    this.#ask('SETUP', this.#controlUrl, [['Transport', transport]], (response) => {
      if (response.status === 461) return this.#tryNextTransport('it knows no transport that may be used')
      if (response.status !== 200) return this.#refused('SETUP', response)
      const session = readSession(headerOf(response, 'session'))
      if (session) {
        this.#exchange.session = session.id
        this.#sessionTimeoutMs = session.timeoutMs
      }
      this.#agree(response)
    })
  }

  #agree(response: RtspResponse): void {
    const isInterleaved = this.#transports[0] === 'tcp'
    const [agreed] = readTransports(headerOf(response, 'transport') ?? '')
    if (agreed && agreed.isInterleaved !== isInterleaved) {
      return this.#tryNextTransport('it sends by another transport than was asked for')
    }
    if (agreed?.interleaved) this.#channels = agreed.interleaved
    if (!isInterleaved) this.#events.portsAgreed(agreed?.serverPorts, agreed?.source)
    this.#events.ready({
      description: this.#description!,
      choice: this.#choice!,
      server: this.#server,
      transport: isInterleaved ? 'tcp' : 'udp',
      controlUrl: this.#controlUrl,
      ssrc: agreed?.ssrc,
    })
    // Whoever was told may have closed it.
    if (this.#state === 'asking') this.#play([['Range', 'npt=0.000-']])
  }

  #play(headers: HeadersToWrite): void {
    this.#ask('PLAY', this.#playUrl, headers, (response) => {
      if (response.status === 457 && headers.length > 0) return this.#play([])
      if (response.status === 459 && this.#playUrl !== this.#controlUrl) {
        this.#playUrl = this.#controlUrl
        return this.#play(headers)
      }
      if (response.status !== 200) return this.#refused('PLAY', response)
      this.#state = 'playing'
      this.#heardAt = this.#now
      this.#events.playing(readRtpInfo(headerOf(response, 'rtp-info'), this.#controlUrl))
    })
  }

  #elapsePlaying(now: number): void {
    if (this.#isHeard) this.#heardAt = now
    this.#isHeard = false
    const silentMs = now - this.#heardAt
    const others = this.#transports.slice(1)
    const { silenceMs, stallTimeoutMs } = this.#options
    if (!this.#hasPackets && this.#transports[0] === 'udp' && others.length > 0 && silentMs >= silenceMs) {
      return this.#leave({ how: 'silent', transports: others })
    }
    if (silentMs >= stallTimeoutMs) {
      return this.#leave({ how: 'failed', error: errors.rtsp_stalled({ url: this.#url, ms: stallTimeoutMs }) })
    }
    // A camera that never answers it plays on all the same.
    if (now - this.#exchange.sentAt >= this.#sessionTimeoutMs / 2 && !this.#exchange.isWaiting) this.#keepAlive()
  }

  #keepAlive(): void {
    this.#exchange.ask({ method: this.#keepAliveMethod, uri: this.#playUrl }, ({ status }) => {
      if (status === 454) this.#fail(errors.rtsp_lost({ url: this.#url, reason: 'the server has ended the session' }))
      else if (status >= 400) this.#keepAliveMethod = 'OPTIONS'
    })
  }

  #takeRequest(request: RtspRequest): void {
    if (this.#state === 'ended') return
    const { bytes, meaning, location } = answerServer(request)
    this.#events.send(bytes)
    const target = location === undefined ? undefined : redirectTarget(location, this.#options.target)
    if (target) this.#leave({ how: 'redirected', target })
    else if (meaning) this.#leave({ how: 'failed', error: errors.rtsp_lost({ url: this.#url, reason: meaning }) })
  }

  #takePacket(channel: number, packet: Buffer): void {
    if (this.#state === 'ended') return
    if (channel === this.#channels[0]) {
      this.#isHeard = this.#hasPackets = true
      this.#events.packet(packet)
    } else if (channel === this.#channels[1]) this.#events.control(packet)
  }

  #ask(method: string, uri: string, headers: HeadersToWrite, onAnswer: (response: RtspResponse) => void): void {
    this.#exchange.ask({ method, uri, headers }, (response) => {
      if (this.#state === 'asking' && !this.#isRedirected(response)) onAnswer(response)
    })
  }

  #isRedirected(response: RtspResponse): boolean {
    const location = response.status >= 300 && response.status < 400 ? headerOf(response, 'location') : undefined
    const target = location === undefined ? undefined : redirectTarget(location, this.#options.target)
    if (target) this.#end({ how: 'redirected', target })
    return target !== undefined
  }

  #refused(method: string, { status, reason }: RtspResponse): void {
    const answer = `${status} ${reason === '' ? reasonOf(status) : reason.slice(0, 100)}`
    this.#leave({ how: 'failed', error: errors.rtsp_refused({ url: this.#url, method, answer }) })
  }

  #brokenBy(reason: string, cause?: unknown): PeltonError {
    const make = this.#state === 'asking' ? errors.rtsp_not_connected : errors.rtsp_lost
    return make({ url: this.#url, reason }, cause)
  }

  /** Ends, and lets the server know where it holds a session for us. */
  #leave(end: RtspClientEnd): void {
    if (this.#state === 'ended') return
    if (this.#exchange.session !== undefined) {
      this.#exchange.ask({ method: 'TEARDOWN', uri: this.#playUrl }, () => undefined)
    }
    this.#end(end)
  }

  #fail(error: PeltonError): void {
    this.#end({ how: 'failed', error })
  }

  #end(end: RtspClientEnd): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#reader.stop()
    this.#events.ended(end)
  }
}
