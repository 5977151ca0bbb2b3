/** What is known of a frame while a decoder has it. */
export interface FrameFacts {
  /** From 1, growing; its tag in the decoder. */
  number: number
  /** When its access unit was complete, by the clock. */
  at: number
  /** The same since the epoch, with fractions. */
  atMs: number
  rtpTimestamp: number
  /** It is one that the pace took. */
  isPaced: boolean
}

/** More frames than a decoder holds; of those before them nothing comes any more. */
const mostFrames = 512

/** Frames that a decoder has, or left out. */
export class DueFrames {
  readonly #frames = new Map<number, FrameFacts>()
  /** Paced ones in place of which no picture has come. */
  #owed: number[] = []

  add(frame: FrameFacts): void {
    this.#frames.set(frame.number, frame)
    if (frame.isPaced) this.#owed.push(frame.number)
    if (this.#frames.size <= mostFrames) return
    const [oldest] = this.#frames.keys()
    this.#frames.delete(oldest!)
    if (this.#owed[0] === oldest) this.#owed.shift()
  }

  /** Whether a paced frame may still wait for its picture. */
  get hasOwed(): boolean {
    return this.#owed.length > 0
  }

  /** The frame whose picture has come, and whether it is one that is due, or stands for such a one that was let go before it. */
  take(number: number): { frame: FrameFacts; isDue: boolean } | undefined {
    const frame = this.#frames.get(number)
    if (!frame) return undefined
    this.#frames.delete(number)
    const owed = this.#owed.length
    this.#owed = this.#owed.filter((one) => one > number)
    return { frame, isDue: frame.isPaced || this.#owed.length < owed }
  }
}
