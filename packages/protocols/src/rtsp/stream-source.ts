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
