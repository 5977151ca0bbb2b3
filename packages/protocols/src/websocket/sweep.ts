import type { Clock, Timer } from '@pelton/core'

/** Who is looked at from time to time. */
export interface Swept {
  sweep(now: number): void
}

const mostMs = 1_000
const leastMs = 10
/** A look that is so much late tells that this process was asleep: what came meanwhile is read before the next one. */
const mostLateMs = 1_000

/** One timer for all that share a clock, while there are any. What is due is seen up to `everyMs` late. */
class Sweep {
  readonly #clock: Clock
  readonly #members = new Set<Swept>()
  #everyMs = mostMs
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(member: Swept, everyMs: number): void {
    this.#members.add(member)
    if (this.#timer && everyMs >= this.#everyMs) return
    this.#everyMs = Math.max(leastMs, Math.min(everyMs, this.#everyMs))
    this.#timer?.cancel()
    this.#wait()
  }

  delete(member: Swept): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#everyMs = mostMs
  }

  #wait(): void {
    const dueAt = this.#clock.now() + this.#everyMs
    this.#timer = this.#clock.after(this.#everyMs, () => {
      this.#wait()
      const now = Math.round(this.#clock.now())
      if (now - dueAt > mostLateMs) return
      for (const member of this.#members) member.sweep(now)
    })
  }
}

const sweeps = new WeakMap<Clock, Sweep>()

/** The sweep of a clock: ten thousand connections share it instead of having timers. */
export function sweepOf(clock: Clock): Sweep {
  const known = sweeps.get(clock)
  if (known) return known
  const sweep = new Sweep(clock)
  sweeps.set(clock, sweep)
  return sweep
}
