import type { Clock, Timer } from '@pelton/core'
import { Sequencer, type SequencerRules } from './sequencer.ts'

/** What arrives in order. */
interface Sized {
  readonly bytes: number
}

/** Lets the answers of one run of a trigger pass in the order of their numbers, by the clock. */
export class ArrivalOrder<T extends Sized> {
  readonly #sequencer: Sequencer<T>
  readonly #clock: Clock
  readonly #pass: (entry: T) => void
  #timer: Timer | undefined

  constructor(rules: SequencerRules, clock: Clock, pass: (entry: T) => void) {
    this.#sequencer = new Sequencer(rules)
    this.#clock = clock
    this.#pass = pass
  }

  /** Notes that a number is on its way. */
  expect(sequence: number): void {
    this.#sequencer.expect(sequence)
  }

  /** Takes a number with its entry or without one; false when it is too late for it. */
  arrive(sequence: number, entry?: T): boolean {
    if (this.#sequencer.isLate(sequence)) return false
    this.#let(this.#sequencer.accept(sequence, this.#clock.now(), entry, entry?.bytes))
    return true
  }

  /** Lets everything pass that waits, and from now on whatever comes. */
  end(): void {
    this.#let(this.#sequencer.end())
  }

  #let(entries: readonly T[]): void {
    for (const entry of entries) this.#pass(entry)
    const { dueAt } = this.#sequencer
    if (dueAt === undefined) {
      this.#timer?.cancel()
      this.#timer = undefined
    } else this.#timer ??= this.#clock.after(Math.max(0, dueAt - this.#clock.now()), () => this.#skip())
  }

  #skip(): void {
    this.#timer = undefined
    this.#let(this.#sequencer.skip(this.#clock.now()))
  }
}
