import type { Buffer } from 'node:buffer'

/** One medium that a source offers. */
export interface MediumFacts {
  type: string
  /** As the description names it, such as `H264`. */
  codec: string
  isWatched: boolean
  /** Ticks a second of its timestamps; undefined where it has none. */
  clockRate: number | undefined
  /** Of sound. */
  channels: number | undefined
  /** Of pictures, as far as it is known beforehand. */
  picture: PictureFacts
  framerate: number | undefined
  /** What else there is to say; empty when nothing. */
  note: string
}

/** What is known of a source's pictures. */
export interface PictureFacts {
  size?: { width: number; height: number } | undefined
  profile?: string | undefined
  level?: string | undefined
}

/** What a source says of itself. */
export interface SourceFacts {
  /** What the server calls itself; empty when it does not. */
  server: string
  transport: 'tcp' | 'udp' | 'http'
  media: readonly MediumFacts[]
  codec: WatchedCodec
  reception: (() => Reception) | undefined
}

/** What is done with a codec's pictures differs; of sound nothing is looked at. */
export type WatchedCodec = 'jpeg' | 'h264' | 'h265' | 'sound'

/** What came of a connection's packets so far (RFC 3550 §6.4.1). */
export interface Reception {
  received: number
  /** Negative where packets came twice. */
  lost: number
  jitterMs: number
}

/** A whole picture, or a packet of sound. */
export interface WatchedUnit {
  /** In memory that nobody else writes to. */
  bytes: Buffer
  /** A decoder can begin with it. */
  isKey: boolean
  isAfterLoss: boolean
  /** Where it is known without its bytes. */
  size: { width: number; height: number } | undefined
}

/** Told of a source while it is read. */
export interface SourceObserver {
  /** It will play; again when the server or the transport changed. */
  onSource(source: SourceFacts): void
  onBytes(bytes: number): void
  onUnit(unit: WatchedUnit): void
  /** So many pictures that were not whole were left out. */
  onDropped(units: number): void
}
