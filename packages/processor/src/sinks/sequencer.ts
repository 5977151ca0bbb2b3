/** How long, and how much, a sequencer may hold back. */
export interface SequencerRules {
  /** How long an entry waits for those before it, in milliseconds. */
  waitMs: number
  /** Most numbers that are held, with or without an entry. */
  mostHeld: number
  /** Most bytes of the entries that are held. */
  mostBytes: number
}

interface Held<T> {
  entry: T | undefined
  bytes: number
  since: number
}

/**
 * Brings entries into the order of their numbers, of which each comes once and none is left out. A number that does not
 * come is waited for, then skipped. Times are milliseconds of one clock.
 */
export class Sequencer<T> {
  readonly #rules: SequencerRules
  /** In the order in which they came, so that the first one is the one that is due first. */
  readonly #held = new Map<number, Held<T>>()
  #next: number | undefined
  #hasBegun = false
  #hasEnded = false
  #bytes = 0

  constructor(rules: SequencerRules) {
    this.#rules = rules
  }

  /** Numbers that are held. */
  get held(): number {
    return this.#held.size
  }

  /** When `skip` has something to do; undefined when nothing is held. */
  get dueAt(): number | undefined {
    for (const { since } of this.#held.values()) return since + this.#rules.waitMs
    return undefined
  }

  /** Notes that a number is on its way. The lowest one that is known before anything is released is the first. */
  expect(sequence: number): void {
    if (this.#next === undefined || (!this.#hasBegun && sequence < this.#next)) this.#next = sequence
  }

  /** Whether the number has been skipped, or was here already. */
  isLate(sequence: number): boolean {
    return !this.#hasEnded && ((this.#hasBegun && sequence < (this.#next ?? sequence)) || this.#held.has(sequence))
  }

  /** Takes a number that is not late, with its entry or without one; gives what is released by it, in order. */
  accept(sequence: number, now: number, entry?: T, bytes = 0): T[] {
    if (this.#hasEnded) return entry === undefined ? [] : [entry]
    this.expect(sequence)
    this.#held.set(sequence, { entry, bytes, since: now })
    this.#bytes += bytes
    const released = this.#release()
    while (this.#held.size > this.#rules.mostHeld || this.#bytes > this.#rules.mostBytes) {
      this.#next = lowestOf(this.#held)
      released.push(...this.#release())
    }
    return released
  }

  /** Gives up the numbers for which an entry has waited long enough; gives what is released by that, in order. */
  skip(now: number): T[] {
    const released: T[] = []
    for (let dueAt = this.dueAt; dueAt !== undefined && dueAt <= now; dueAt = this.dueAt) {
      this.#next = lowestOf(this.#held)
      released.push(...this.#release())
    }
    return released
  }

  /** Gives everything that is held, in order; from now on nothing waits. */
  end(): T[] {
    const released = this.skip(Infinity)
    this.#hasEnded = true
    return released
  }

  /** Takes out what is next, and what follows it without a gap. */
  #release(): T[] {
    const released: T[] = []
    for (let next = this.#next ?? 0; ; next++) {
      const held = this.#held.get(next)
      this.#next = next
      if (!held) return released
      this.#hasBegun = true
      this.#held.delete(next)
      this.#bytes -= held.bytes
      if (held.entry !== undefined) released.push(held.entry)
    }
  }
}

function lowestOf(held: ReadonlyMap<number, unknown>): number {
  let lowest = Infinity
  for (const sequence of held.keys()) if (sequence < lowest) lowest = sequence
  return lowest
}
