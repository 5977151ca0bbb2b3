/** How much may wait for a decoder. */
export interface BacklogLimits {
  ms: number
  bytes: number
  units: number
}

/** A decoder that is farther behind than this drops up to the next key picture. */
const backlogLimits: BacklogLimits = { ms: 2_000, bytes: 16 << 20, units: 512 }

/** Decides which access units go to a decoder that may be slower than they come. Holds no unit, only its size and time. */
export class Backlog {
  readonly #limits: BacklogLimits
  readonly #waiting: { at: number; bytes: number }[] = []
  #bytes = 0
  #isDropping = false

  constructor(limits: BacklogLimits = backlogLimits) {
    this.#limits = limits
  }

  /** Nothing is admitted up to the next key picture. */
  get isDropping(): boolean {
    return this.#isDropping
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether the unit goes to the decoder at `now` (ms). */
  admit(unit: { bytes: number; isKey: boolean }, now: number): boolean {
    if (this.#isLate(unit.bytes, now)) this.#isDropping = true
    else if (unit.isKey) this.#isDropping = false
    if (this.#isDropping) return false
    this.#waiting.push({ at: now, bytes: unit.bytes })
    this.#bytes += unit.bytes
    return true
  }

  /** The decoder has done with the oldest units that wait, so many; `Infinity`: it waits for none any more. */
  finish(units: number): void {
    const done = this.#waiting.splice(0, units)
    for (const { bytes } of done) this.#bytes -= bytes
  }

  #isLate(bytes: number, now: number): boolean {
    const [oldest] = this.#waiting
    if (!oldest) return false
    const most = this.#limits
    return now - oldest.at > most.ms || this.#bytes + bytes > most.bytes || this.#waiting.length >= most.units
  }
}
