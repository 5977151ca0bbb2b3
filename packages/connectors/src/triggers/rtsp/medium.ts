import type { TriggerContext, TriggerSettings } from '@pelton/core'
import type { EndLog, HandoutCounts, SourceCounts, SourceLoss } from '@pelton/protocols/camera'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import type { RtpPacket } from '@pelton/protocols/rtp'
import type { RtspAttributes } from './config.ts'

/** What becomes of the packets of one connection. */
export interface Track {
  /** In the order of their sequence numbers. */
  push(packet: RtpPacket): void
  /** Frames that could not be put together. */
  readonly dropped: number
}

/** Makes events of what a source sends, connection after connection. */
export interface Medium {
  readonly counts: HandoutCounts
  /** Begins with a connection, or says why it is of no use; `onGood` is called for all that can be used. */
  begin(facts: RtspStreamFacts, onGood: () => void): Track | SourceLoss
  /** Makes no more events. */
  stop(): void
  /** Resolves when nothing is handed out any more. */
  idle(): Promise<void>
}

/** What a source has given so far, its packets as well. */
export interface StreamCounts extends SourceCounts {
  packets: number
  packetsLost: number
}

/** What a medium is made of. */
export interface MediumParts {
  settings: TriggerSettings<RtspAttributes>
  context: TriggerContext
  counts: StreamCounts
  /** Without credentials. */
  url: string
  ends: EndLog
}

/** What every event tells of its source. */
export function sourceFields(url: string, { packetsLost, connects }: StreamCounts): Record<string, string | number> {
  return { url, packets_lost: packetsLost, reconnects: Math.max(0, connects - 1) }
}
