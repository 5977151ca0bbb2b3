import type { Buffer } from 'node:buffer'
import type { Credentials } from '../http-auth/index.ts'
import type { RtcpPacket } from '../rtp/index.ts'
import { interleave } from './interleave.ts'

/** Where a stream's packets come from: who serves it says what they are. */
export interface StreamSource {
  /** The session description, whose one medium has a relative `a=control`; undefined while it is not known yet. */
  sdp(): string | undefined
  /** What a sender report says now; undefined before the first packet. */
  report(): Extract<RtcpPacket, { type: 'sender' }> | undefined
  /** Of the next packet; undefined before the first. */
  nextSequence(): number | undefined
  /** Who may read; absent for everybody. */
  credentials?: Credentials | undefined
  /** Counted on, so that counts may outlast the stream; absent: from zero. */
  counts?: ReaderCounts | undefined
}

/** What became of the readers of a stream. */
export interface ReaderCounts {
  /** Times that a frame was not sent to a reader that had no room for it, or was waiting for a key frame after that. */
  dropped: number
  /** Readers turned away, since there were too many. */
  tooMany: number
  /** Readers cut off, since they took nothing or gave no sign of life for too long. */
  stalled: number
}

/** Counts from zero. */
export function createReaderCounts(): ReaderCounts {
  return { dropped: 0, tooMany: 0, stalled: 0 }
}

/** One frame on its way to many readers: what they share of it is made once. */
export class OutgoingFrame {
  readonly packets: readonly Buffer[]
  /** Readers may begin with it. */
  readonly isKey: boolean
  #channel = -1
  #interleaved: Buffer | undefined

  constructor(packets: readonly Buffer[], isKey: boolean) {
    this.packets = packets
    this.isKey = isKey
  }

  /** As it goes along with messages; nearly all readers choose the same channel. */
  interleaved(channel: number): Buffer {
    if (this.#interleaved === undefined || this.#channel !== channel) {
      this.#interleaved = interleave(channel, this.packets)
      this.#channel = channel
    }
    return this.#interleaved
  }
}
