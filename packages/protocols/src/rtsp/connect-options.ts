import type { Clock } from '@pelton/core'
import type { Credentials } from '../http-auth/index.ts'
import type { ReceptionStatistics, RtcpPacket, RtpPacket } from '../rtp/index.ts'
import type { RtspReady, RtspTransport } from './client-events.ts'
import type { RtspTls } from './open-socket.ts'
import type { RtpInfo } from './rtp-info.ts'

/** What was agreed on, and what arrives of it. */
export interface RtspStreamFacts extends RtspReady {
  /** Of this connection; it counts before `onPacket` is called. */
  statistics: ReceptionStatistics
}

/** What to read, how, and who is told. The callbacks must not throw: what they throw ends the connection. */
export interface ConnectRtspOptions {
  /** `rtsp:` or `rtsps:`, with credentials or without. */
  url: string
  /** `any`: video, or sound where no video can be read; `choice` says which. */
  media: 'video' | 'audio' | 'any'
  /** `auto`: TCP, or UDP where the server refuses TCP. `udp`: UDP, or TCP where none comes through. */
  transport: 'auto' | RtspTransport
  /** Win over those of the URL. */
  credentials?: Credentials | undefined
  tls?: RtspTls | undefined
  /** For the connection, and for each answer; default 10 s. */
  timeoutMs?: number | undefined
  /** Without a packet so long the stream is given up; default 10 s. */
  stallTimeoutMs?: number | undefined
  clock?: Clock | undefined
  /** Leaves the server when it aborts. */
  signal: AbortSignal
  /** Before the first packet; again after a change of the transport or the server. */
  onReady(facts: RtspStreamFacts): void
  /** The server plays. */
  onPlaying?(info: RtpInfo): void
  /** In the order of arrival; by UDP packets may be missing, twice, or late. */
  onPacket(packet: RtpPacket): void
  onRtcp?(packets: RtcpPacket[]): void
}
