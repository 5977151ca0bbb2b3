const remembered = 1_024

/** How a stream that is no more became so: `cut` by us, when frames on their way to it are no fault of the peer's. */
export type ClosedStream = 'ended' | 'cut' | 'unknown'

/** The streams that were closed last, in memory that never grows. */
export class ClosedStreams {
  /** By the low bits of the identifier: the identifier, negative of one that was cut. */
  readonly #ids = new Int32Array(remembered)

  add(streamId: number, isCut: boolean): void {
    this.#ids[(streamId >> 1) & (remembered - 1)] = isCut ? -streamId : streamId
  }

  /** `unknown` of those that were never opened or closed long ago. */
  how(streamId: number): ClosedStream {
    const entry = this.#ids[(streamId >> 1) & (remembered - 1)]
    if (entry === -streamId) return 'cut'
    return entry === streamId ? 'ended' : 'unknown'
  }
}
