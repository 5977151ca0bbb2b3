import type { Clock, Task } from '@pelton/core'

/** An event that was sent to a busy worker and waits there. */
export interface AheadEvent {
  readonly task: Task
  /** When its wait for a worker is over, on the clock of the queue. */
  readonly until: number
  /** Aborts when its caller has left. */
  readonly signal: AbortSignal | undefined
  /** When the worker came to it, as far as this side can tell; when it was sent until then. */
  since: number
}

/** A worker whose events take less than this on average gets the next ones ahead, in milliseconds. */
const quickMs = 2
/** What a new worker's events are taken to need until it has shown otherwise. */
const unknownMs = 10
/** Weight of the latest event in the average. */
const latestWeight = 1 / 8
/** A worker that has finished nothing for this long is sent nothing ahead. */
const stallMs = 10
/** How often a worker is looked at while events wait in it. */
const lookMs = 4
/**
 * Looks in a row that see no event finished before what waits is taken back. Between two of them the process has read
 * what the workers wrote, so that a busy main thread is not taken for a worker that stands still.
 */
const quietLooks = 3

/**
 * The events that wait in one worker beyond its capacity, in the order in which they were sent. Those of a worker that
 * stands still are taken back (`Task.recall`), and so are those whose wait is over or whose caller has left.
 */
export class AheadQueue {
  readonly limit: number
  readonly #clock: Clock
  readonly #events: AheadEvent[] = []
  #averageMs = unknownMs
  /** The later of the last event's end and the last sending to the idle worker. */
  #progressAt = -Infinity
  #isStalled = false
  #isWatched = false
  #quiet = 0

  constructor(limit: number, clock: Clock) {
    this.limit = limit
    this.#clock = clock
  }

  /** Whether the worker will soon come to another event. */
  isQuick(now: number): boolean {
    return !this.#isStalled && this.#averageMs < quickMs && now - this.#progressAt < stallMs
  }

  /** Notes that the idle worker was sent an event. */
  begin(now: number): void {
    this.#progressAt = now
  }

  /** Puts an event at the end of the queue: it was sent to the busy worker. */
  add(event: AheadEvent): void {
    this.#events.push(event)
    if (this.#isWatched) return
    this.#isWatched = true
    this.#quiet = 0
    this.#clock.after(lookMs, () => this.#look())
  }

  /** Notes that the worker is done with an event: it now comes to the first one that waits. */
  end(task: Task, now: number): void {
    this.#averageMs += (now - this.#progressAt - this.#averageMs) * latestWeight
    this.#progressAt = now
    this.#isStalled = false
    this.#quiet = 0
    if (this.#drop(task)) return
    const next = this.#events.shift()
    if (next) next.since = now
  }

  /** Notes that an event has come back without being handled. */
  giveBack(task: Task): void {
    this.#drop(task)
  }

  /** Takes back everything that waits. */
  recall(): void {
    this.#isStalled = true
    for (const { task } of this.#events.splice(0)) task.recall?.()
  }

  #drop(task: Task): boolean {
    const at = this.#events.findIndex((event) => event.task === task)
    if (at >= 0) this.#events.splice(at, 1)
    return at >= 0
  }

  #look(): void {
    this.#isWatched = this.#events.length > 0
    if (!this.#isWatched) return
    this.#quiet++
    if (this.#quiet >= quietLooks) this.recall()
    else this.#recallOverdue()
    this.#clock.after(lookMs, () => this.#look())
  }

  #recallOverdue(): void {
    const now = this.#clock.now()
    const isOverdue = ({ until, signal }: AheadEvent): boolean => until <= now || signal?.aborted === true
    for (const { task } of this.#events.filter(isOverdue)) {
      // One that the worker has come to already stays in its turn, so that the next one is known to wait still.
      if (task.begunAt() !== undefined) continue
      this.#drop(task)
      task.recall?.()
    }
  }
}
