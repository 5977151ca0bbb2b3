import { Buffer } from 'node:buffer'
import { StreamWindow, type WindowSizes } from '@pelton/protocols/window'

/** What samples are. */
export interface AudioFormat {
  sampleRate: number
  channels: number
}

/** Samples that follow each other without a gap, s16le, with the newest of them as a rolling window. */
export class AudioWindow {
  readonly format: AudioFormat
  readonly #window: StreamWindow
  readonly #frameBytes: number
  /** Number of the first sample that was added. */
  readonly #origin: number
  #added = 0

  /** The sizes become whole samples of every channel. */
  constructor(format: AudioFormat, sizes: WindowSizes, origin: number) {
    this.format = format
    this.#frameBytes = 2 * format.channels
    this.#window = new StreamWindow(wholeSamples(sizes, this.#frameBytes))
    this.#origin = origin
  }

  /** Whether a chunk has joined since the last `take`. */
  get hasNew(): boolean {
    return this.#window.hasNew
  }

  /** Number of the sample that would be added next. */
  get end(): number {
    return this.#origin + this.#added / this.#frameBytes
  }

  /** Takes whole samples of every channel. */
  add(samples: Buffer): void {
    this.#added += samples.length
    this.#window.add(samples)
  }

  /** The window, and the number of its first sample; empty when nothing new has joined it. */
  take(): { samples: Buffer; firstSample: number } {
    const firstSample = this.#origin + this.#window.startsAt / this.#frameBytes
    return { samples: this.#window.take() ?? Buffer.alloc(0), firstSample }
  }
}

/** Up, so that nothing becomes 0; all by the same step, so that what was the largest still is. */
function wholeSamples({ chunk_bytes, max_bytes, trim_bytes }: WindowSizes, frameBytes: number): WindowSizes {
  const whole = (bytes: number): number => Math.ceil(bytes / frameBytes) * frameBytes
  return { chunk_bytes: whole(chunk_bytes), max_bytes: whole(max_bytes), trim_bytes: whole(trim_bytes) }
}
