/** How far a 16-bit sequence number is ahead of another one, the shorter way round: -32,768 to 32,767. */
export function sequenceDistance(sequence: number, from: number): number {
  return ((sequence - from) << 16) >> 16
}

/** Makes timestamps of 32 bits one line of numbers, which starts with the first of them and neither wraps nor ends. */
export class TimestampLine {
  #last: number | undefined

  /** `timestamp` is taken for the nearest one to the last: up to 2^31 ticks before or after it. */
  unwrap(timestamp: number): number {
    const last = this.#last
    this.#last = last === undefined ? timestamp : last + ((timestamp - last) | 0)
    return this.#last
  }
}
