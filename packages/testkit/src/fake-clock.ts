import type { Clock, Timer } from '@pelton/core'

interface Due {
  at: number
  action: () => void
}

/** A clock that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now = 0
  readonly #wallStart: number
  /** In the order in which they were set; equal times fire in that order. */
  readonly #due = new Set<Due>()

  constructor(wallStart = Date.UTC(2030, 0, 1)) {
    this.#wallStart = wallStart
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#due.size
  }

  now = (): number => this.#now

  wall = (): number => this.#wallStart + this.#now

  after = (ms: number, action: () => void): Timer => {
    const due: Due = { at: this.#now + Math.max(0, ms), action }
    this.#due.add(due)
    return { cancel: () => void this.#due.delete(due) }
  }

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        timer.cancel()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.after(ms, done)
      signal?.addEventListener('abort', done)
    })

  /** Moves time forward and fires what falls due, each at its own time; promise reactions run in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#due.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.action()
      await settle()
    }
    this.#now = end
  }

  /** Time goes on and nothing fires, as in a process that is asleep: what falls due meanwhile fires late, in `advance`. */
  sleepThrough(ms: number): void {
    this.#now += ms
  }

  #next(end: number): Due | undefined {
    let earliest: Due | undefined
    for (const due of this.#due) if (due.at <= end && (!earliest || due.at < earliest.at)) earliest = due
    return earliest
  }
}

/** Lets everything run that is only waiting for promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
