import type { UnitToDecode, VideoDecoder } from '@pelton/protocols/video'

/** Who is told of a decoder that is being opened. */
export interface OpeningTaker {
  onOpen(decoder: VideoDecoder): void
  onFailed(error: unknown): void
  /** So many access units came before it was open, and are of no use. */
  onDropped(units: number): void
}

/** Access units that wait for the decoder, and their bytes: as much as a few seconds of a camera. */
const mostWaiting = 300
const mostWaitingBytes = 16 << 20

/** A decoder that can be used at once: what comes before it is open waits, from the newest key picture on. */
export class OpeningDecoder {
  /** Resolves when it is open or cannot be, and closed if it was closed before. */
  readonly settled: Promise<void>
  readonly #taker: OpeningTaker
  #decoder: VideoDecoder | undefined
  #waiting: UnitToDecode[] = []
  #bytes = 0
  /** What waited was let go: what continues it is of no use. */
  #isBroken = false
  #isWanted = false
  #isClosed = false

  constructor(opened: Promise<VideoDecoder>, taker: OpeningTaker) {
    this.#taker = taker
    this.settled = opened.then(
      (decoder) => this.#begin(decoder),
      (error: unknown) => {
        if (!this.#isClosed) taker.onFailed(error)
      },
    )
  }

  get isOpen(): boolean {
    return this.#decoder !== undefined
  }

  push(unit: UnitToDecode): void {
    if (this.#isClosed) return
    if (this.#decoder) this.#decoder.push(unit)
    else this.#hold(unit)
  }

  want(): void {
    if (this.#decoder) this.#decoder.want()
    else this.#isWanted = true
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = []
    this.#decoder?.close()
  }

  #hold(unit: UnitToDecode): void {
    if (unit.isKey) this.#letGo()
    if (this.#isBroken && !unit.isKey) return this.#taker.onDropped(1)
    this.#isBroken = false
    this.#waiting.push(unit)
    this.#bytes += unit.bytes.length
    this.#isBroken = this.#waiting.length > mostWaiting || this.#bytes > mostWaitingBytes
    if (this.#isBroken) this.#letGo()
  }

  #letGo(): void {
    if (this.#waiting.length > 0) this.#taker.onDropped(this.#waiting.length)
    this.#waiting = []
    this.#bytes = 0
  }

  #begin(decoder: VideoDecoder): void {
    if (this.#isClosed) return decoder.close()
    this.#decoder = decoder
    for (const unit of this.#waiting) decoder.push(unit)
    this.#waiting = []
    if (this.#isWanted) decoder.want()
    this.#taker.onOpen(decoder)
  }
}
