import type { TriggerContext, TriggerSettings } from '@pelton/core'
import type { EndLog, HandoutCounts, SourceCounts, SourceLoss } from '@pelton/protocols/camera'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import type { RtpPacket } from '@pelton/protocols/rtp'
import type { DecodingOptions, VideoDecoder } from '@pelton/protocols/video'
import type { RtspAttributes } from './config.ts'

/** What becomes of the packets of one connection. */
export interface Track {
  /** In the order of their sequence numbers. */
  push(packet: RtpPacket): void
  /** Frames that could not be put together. */
  readonly dropped: number
  /** What it needs is being opened: the source does not count as connected before `TrackLink.alive` says so. */
  readonly isOpening?: boolean
  /** The connection is over. */
  close?(): void
}

/** What a track tells of its source. */
export interface TrackLink {
  /** Something has come that may be of use: the source is kept. */
  alive(): void
  /** Something of use has come: the next wait for the source is short again. */
  good(): void
  /** The source is of no use any more. */
  lost(loss: SourceLoss): void
}

/** Makes events of what a source sends, connection after connection. */
export interface Medium {
  readonly counts: HandoutCounts
  /** Begins with a connection, or says why it is of no use. */
  begin(facts: RtspStreamFacts, link: TrackLink): Track | SourceLoss
  /** Makes no more events. */
  stop(): void
  /** Resolves when nothing is handed out and nothing is open any more. */
  idle(): Promise<void>
}

/** What a source has given so far, its packets as well. */
export interface StreamCounts extends SourceCounts {
  packets: number
  packetsLost: number
}

/** Opens a decoder; rejects with `no_video_decoder` where none is installed. */
export type OpenDecoder = (options: DecodingOptions) => Promise<VideoDecoder>

/** What a medium is made of. */
export interface MediumParts {
  settings: TriggerSettings<RtspAttributes>
  context: TriggerContext
  counts: StreamCounts
  /** Without credentials. */
  url: string
  ends: EndLog
  openDecoder: OpenDecoder
}

/** What every event tells of its source. */
export function sourceFields(url: string, { packetsLost, connects }: StreamCounts): Record<string, string | number> {
  return { url, packets_lost: packetsLost, reconnects: Math.max(0, connects - 1) }
}
