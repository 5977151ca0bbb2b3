import { type EventData, type HandleOptions, type Outcome, PeltonError } from '@pelton/core'
import { type Allocator, type Refusal, maxWaiting, maxWaitingBytes, placeOfKey } from '../allocation/allocator.ts'
import type { Seat } from '../allocation/seat.ts'
import { errors } from '../errors.ts'
import { Batcher } from './batcher.ts'
import { countOutcome } from './count-outcome.ts'
import type { DispatcherParts } from './dispatch-parts.ts'
import { type GuardedTask, handleBatchWithin, untilReleased } from './event-deadline.ts'
import { type GivenEvent, heldBytes, isUnbegun, mayGoAgain, takeEvent } from './given-event.ts'
import { refuse } from './refusal.ts'

/** An event of a batch that no worker has taken yet. */
interface Entry {
  readonly given: GivenEvent
  readonly bytes: number
  readonly answer: (outcome: Outcome | Promise<Outcome>) => void
  /** The gathered or waiting batch that it is in. */
  batch: { delete(entry: Entry): boolean }
  /** Stops watching for what takes it out: its caller's leaving, the end of a wait of its own. */
  unwatch: () => void
}

/** An event that a worker has taken, as its batch's. */
interface Taken {
  readonly entry: Entry
  readonly event: EventData
}

/** The place of events without a key: any. */
const anyPlace = -1

/**
 * Gathers the events of one trigger and hands them to workers in batches, each of which takes one place. Keyed events are
 * gathered by the place that they belong to. Every event is answered for itself; a caller that leaves takes its own out.
 */
export class BatchDispatcher {
  readonly #parts: DispatcherParts
  readonly #dispatch: (given: GivenEvent) => Promise<Outcome>
  readonly #gathering = new Map<number, Batcher<Entry>>()
  #isDraining = false
  #waiting = 0
  #waitingBytes = 0
  #inFlight = 0

  /** `dispatch` hands an event out anew, by the rules that hold then. */
  constructor(parts: DispatcherParts, dispatch: (given: GivenEvent) => Promise<Outcome>) {
    this.#parts = parts
    this.#dispatch = dispatch
  }

  /** Events that are gathered, or wait for a worker with their batch. */
  get waiting(): number {
    return this.#waiting
  }

  /** Events of the batches that workers hold. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Resolves to the event's own outcome; never rejects. */
  add(given: GivenEvent): Promise<Outcome> {
    const bytes = heldBytes(given.source)
    if (given.options.signal?.aborted) return Promise.resolve(refuse(this.#parts, 'left', 0))
    if (this.#waiting >= maxWaiting || this.#waitingBytes + bytes > maxWaitingBytes) {
      return Promise.resolve(refuse(this.#parts, 'full', 0))
    }
    return new Promise((answer) => {
      const batch = this.#batcherOf(given)
      const entry: Entry = { given, bytes, answer, batch, unwatch: () => undefined }
      this.#enter(entry)
      batch.add(entry)
    })
  }

  /** Lets go of what is gathered, and keeps nothing back from now on. */
  drain(): void {
    this.#isDraining = true
    const batchers = [...this.#gathering.values()]
    this.#gathering.clear()
    for (const batcher of batchers) batcher.flush()
  }

  /** Hands out anew what is gathered: the rules or the workers are others now. */
  regather(): void {
    const batchers = [...this.#gathering.values()]
    this.#gathering.clear()
    for (const batcher of batchers) this.#moveOn(batcher.clear())
  }

  #batcherOf({ options }: GivenEvent): Batcher<Entry> {
    const { allocator, clock, rules } = this.#parts
    const place = options.key === undefined ? anyPlace : placeOfKey(options.key, allocator.places)
    const known = this.#gathering.get(place)
    if (known) return known
    const { size = 1, timeoutMs = 0 } = rules.batch ?? {}
    const batcher = new Batcher<Entry>({ size, timeoutMs: this.#isDraining ? 0 : timeoutMs }, clock, (batch) =>
      this.#send(batch),
    )
    this.#gathering.set(place, batcher)
    return batcher
  }

  #enter(entry: Entry): void {
    this.#waiting++
    this.#waitingBytes += entry.bytes
    const { signal } = entry.given.options
    if (!signal) return
    const leave = (): void => this.#takeOut(entry, 'left')
    signal.addEventListener('abort', leave)
    entry.unwatch = () => signal.removeEventListener('abort', leave)
  }

  #exit(entry: Entry): void {
    this.#waiting--
    this.#waitingBytes -= entry.bytes
    entry.unwatch()
  }

  #takeOut(entry: Entry, why: Refusal): void {
    if (entry.batch.delete(entry)) this.#refuse(entry, why)
  }

  #refuse(entry: Entry, why: Refusal): void {
    this.#exit(entry)
    entry.answer(refuse(this.#parts, why, this.#waitMsOf(entry)))
  }

  #waitMsOf({ given }: Entry): number {
    return given.options.deadlineMs ?? this.#parts.rules.workerWaitMs
  }

  /** The workers have been replaced by others: to these, by the rules that hold now. */
  #moveOn(batch: Iterable<Entry>): void {
    for (const entry of batch) {
      this.#exit(entry)
      // Orders of different allocators cannot be compared.
      entry.given.order = 0
      entry.answer(this.#dispatch(entry.given))
    }
  }

  #send(batch: Set<Entry>): void {
    const { allocator, metrics } = this.#parts
    const [first] = batch
    if (!first) return
    for (const { given } of batch) if (given.order === 0) given.order = allocator.nextOrder()
    metrics.add('allocations', batch.size)
    metrics.add('freePercentageSum', allocator.freePercentage * batch.size)
    const seat = allocator.take(first.given.options.key)
    if (!seat) return this.#wait(batch, first)
    metrics.add('allocatedAtOnce', batch.size)
    metrics.observeWait(0, batch.size)
    this.#hand(batch, seat, allocator)
  }

  #wait(batch: Set<Entry>, first: Entry): void {
    const { allocator, clock, metrics } = this.#parts
    const since = clock.now()
    const empty = new AbortController()
    const waitMs = this.#watchWaits(batch, empty)
    const seated = (seat: Seat): void => {
      const waited = clock.now() - since
      metrics.add('allocatedAfterWait', batch.size)
      metrics.add('waitMsSum', waited * batch.size)
      metrics.observeWait(waited, batch.size)
      this.#hand(batch, seat, allocator)
    }
    const refused = (why: Refusal): void => {
      if (why === 'stopped' && this.#parts.allocator !== allocator) return this.#moveOn(batch)
      for (const entry of batch) this.#refuse(entry, why)
    }
    const { order, options } = first.given
    allocator.wait({ waitMs, key: options.key, signal: empty.signal, bytes: 0, order }, seated, refused)
  }

  /** The longest wait among a batch's events; those that wait less are taken out when theirs is over. */
  #watchWaits(batch: Set<Entry>, empty: AbortController): number {
    const waiting = {
      delete(entry: Entry): boolean {
        const wasHere = batch.delete(entry)
        if (batch.size === 0) empty.abort()
        return wasHere
      },
    }
    const longestMs = Math.max(...Array.from(batch, (entry) => this.#waitMsOf(entry)))
    for (const entry of batch) {
      entry.batch = waiting
      const waitMs = this.#waitMsOf(entry)
      if (waitMs === longestMs) continue
      const { unwatch } = entry
      const timer = this.#parts.clock.after(waitMs, () => this.#takeOut(entry, 'timeout'))
      entry.unwatch = () => {
        timer.cancel()
        unwatch()
      }
    }
    return longestMs
  }

  #hand(batch: Set<Entry>, seat: Seat, allocator: Allocator): void {
    const { trigger, clock } = this.#parts
    const taken: Taken[] = []
    for (const entry of batch) {
      this.#exit(entry)
      const event = takeEvent(entry.given, trigger)
      if (event instanceof PeltonError) entry.answer({ status: 'failed', error: event })
      else taken.push({ entry, event })
    }
    const since = clock.now()
    const tasks = taken.length > 0 ? this.#handle(taken, seat) : []
    this.#inFlight += tasks.length
    const again = new Set<Entry>()
    const answered = tasks.map(async ({ task, outcome: given }, i) => {
      const outcome = await given
      const entry = taken[i]?.entry
      if (entry && isUnbegun(outcome, task) && mayGoAgain(entry.given, outcome)) return void again.add(entry)
      countOutcome(this.#parts.workerMetrics(seat.index), outcome, clock.now() - since)
      entry?.answer(outcome)
    })
    void Promise.all([...answered, ...tasks.map(({ task }) => untilReleased(task))]).then(() => {
      this.#inFlight -= tasks.length
      // First, so that what comes back has its turn before anybody is given this place.
      this.#handAgain(again, allocator)
      allocator.release(seat)
    })
  }

  #handle(taken: readonly Taken[], seat: Seat): GuardedTask[] {
    const { trigger, clock, rules } = this.#parts
    const events = taken.map(({ event }) => event)
    const options = taken.map(({ entry }): HandleOptions => entry.given.options)
    if (!seat.worker.handleBatch) {
      const error = errors.dispatch_failed({ trigger, reason: 'its workers do not take the batches they should take' })
      for (const { entry } of taken) entry.answer({ status: 'failed', error })
      return []
    }
    if (rules.deadline) return handleBatchWithin({ seat, events, options, trigger, clock, rules: rules.deadline })
    return seat.worker.handleBatch(events, options).map((task) => ({ task, outcome: task.outcome }))
  }

  /** A batch that its dead worker never began goes to another one as it is. */
  #handAgain(batch: Set<Entry>, allocator: Allocator): void {
    for (const entry of batch) this.#enter(entry)
    if (this.#parts.allocator !== allocator) this.#moveOn(batch)
    else this.#send(batch)
  }
}
