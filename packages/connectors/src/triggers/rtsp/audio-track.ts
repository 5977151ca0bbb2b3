import { Buffer } from 'node:buffer'
import { Resampler } from '@pelton/protocols/pcm'
import { type AudioEncoding, type AudioReader, type RtpPacket, createAudioReader } from '@pelton/protocols/rtp'
import type { Track } from './medium.ts'

/** What a connection sends, and what is wanted of it. */
export interface AudioTrackOptions {
  encoding: AudioEncoding
  /** Samples a second: as they come, and as they are wanted. */
  from: number
  to: number
  channels: number
}

/** Who is told. */
export interface AudioTaker {
  /** Samples follow those before them; s16le in memory of their own. */
  onSamples(samples: Buffer): void
  /** More is missing than silence may stand for. */
  onBreak(): void
}

/** Longest silence in place of lost packets, in seconds. */
const mostSilence = 1

/** Makes samples of packets in the order of their sequence numbers. Silence stands for lost packets, so that time goes on. */
export class AudioTrack implements Track {
  readonly dropped = 0
  readonly #options: AudioTrackOptions
  readonly #taker: AudioTaker
  readonly #read: AudioReader
  #resampler: Resampler | undefined
  #dueSequence = -1
  #dueTimestamp = 0

  constructor(options: AudioTrackOptions, taker: AudioTaker) {
    this.#options = options
    this.#taker = taker
    this.#read = createAudioReader(options.encoding, options.channels)
    this.#begin()
  }

  push({ sequence, timestamp, payload }: RtpPacket): void {
    const samples = this.#read(payload)
    if (this.#dueSequence >= 0 && sequence !== this.#dueSequence) this.#bridge(timestamp)
    this.#dueSequence = (sequence + 1) & 0xffff
    this.#dueTimestamp = timestamp + samples.length / this.#frameBytes
    if (samples.length > 0) this.#emit(samples)
  }

  get #frameBytes(): number {
    return 2 * this.#options.channels
  }

  #begin(): void {
    const { from, to, channels } = this.#options
    this.#resampler = from === to ? undefined : new Resampler({ from, to, channels })
  }

  #bridge(timestamp: number): void {
    // Timestamps wrap: the shorter way round.
    const missing = (timestamp - this.#dueTimestamp) | 0
    if (missing >= 0 && missing <= mostSilence * this.#options.from) {
      if (missing > 0) this.#emit(Buffer.alloc(missing * this.#frameBytes))
      return
    }
    this.#begin()
    this.#taker.onBreak()
  }

  #emit(samples: Buffer): void {
    this.#taker.onSamples(this.#resampler ? this.#resampler.push(samples) : samples)
  }
}
