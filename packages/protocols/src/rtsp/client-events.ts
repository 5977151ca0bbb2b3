import type { PeltonError } from '@pelton/core'
import type { MediaChoice, SessionDescription } from '../sdp/index.ts'
import type { RtpInfo } from './rtp-info.ts'
import type { RtspTarget } from './rtsp-target.ts'

/** How packets come: along with the messages, or beside them. */
export type RtspTransport = 'tcp' | 'udp'

/** What was agreed on. */
export interface RtspReady {
  description: SessionDescription
  choice: MediaChoice
  /** What the server calls itself; empty when it does not. */
  server: string
  transport: RtspTransport
  /** Of the stream that was set up. */
  controlUrl: string
  /** Synchronisation source of its packets, where the server says it. */
  ssrc: number | undefined
}

/** How a client's connection ended. */
export type RtspClientEnd =
  | { how: 'closed' }
  | { how: 'redirected'; target: RtspTarget }
  /** The server ended it with its challenge: prove at once on another. */
  | { how: 'challenged' }
  /** The transport brought nothing: try again with these. */
  | { how: 'silent'; transports: readonly RtspTransport[] }
  | { how: 'failed'; error: PeltonError }

/** What a client asks of its sockets, and tells. */
export interface RtspClientEvents {
  send(bytes: Buffer): void
  /** Bind a pair of UDP ports and call `usePorts`. */
  openPorts(): void
  /** The server's side of the UDP ports; `source` undefined: the server itself. */
  portsAgreed(serverPorts: readonly [number, number] | undefined, source: string | undefined): void
  /** The stream is set up; packets may follow at once. */
  ready(ready: RtspReady): void
  /** The server plays. */
  playing(info: RtpInfo): void
  /** RTP of the stream. */
  packet(packet: Buffer): void
  /** RTCP of the stream. */
  control(packet: Buffer): void
  /** Once; nothing is told after it. */
  ended(end: RtspClientEnd): void
}
