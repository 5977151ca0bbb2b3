import { type Clock, type PeltonLogger, type Sink, type SinkItem, type SinkRules, isPeltonError } from '@pelton/core'
import { errors } from '../errors.ts'
import { ArrivalOrder } from './arrival-order.ts'
import { Entrance, type Entry, blockMs } from './entrance.ts'
import { LossLog } from './loss-log.ts'
import type { DropReason, SinkReport } from './sink-counts.ts'
import { SinkLink } from './sink-link.ts'

/** What feeds one sink. */
export interface SinkFeedParts {
  name: string
  kind: string
  rules: SinkRules
  /** Makes the sink; it counts its own retries. */
  create: (retried: () => void) => Sink
  logger: PeltonLogger
  clock: Clock
}

/** The place of an event among those of its trigger's run; undefined where the trigger has no order. */
export type Place = { order: ArrivalOrder<ItemEntry>; sequence: number } | undefined

interface ItemEntry extends Entry {
  readonly item: SinkItem
  /** When it was first given to the sink, as a number that grows; 0 before that. */
  order: number
  /** How often it was given to the sink. */
  attempts: number
}

/** How often an answer is given to a sink whose target goes meanwhile: the answer itself may be what ends it. */
const mostAttempts = 5
/** How long a sink whose target is lost may take to say what became of its writes. */
const settleMs = 1000
/** How long a stop waits for a sink that is live. */
const liveMs = 1000
/** Fewest and most numbers that may be held to bring answers into order; between them as many as may be queued. */
const heldBounds = { least: 1024, most: 16_384 }

/** Feeds one sink from a bounded queue, in order, and keeps it open. Nothing that the sink does reaches the caller. */
export class SinkFeed {
  readonly #parts: SinkFeedParts
  readonly #sink: Sink
  readonly #link: SinkLink
  readonly #losses: LossLog
  readonly #entrance: Entrance<ItemEntry>
  readonly #underWay = new Set<ItemEntry>()
  /** Came back after a loss. */
  #again: ItemEntry[] = []
  #order: ArrivalOrder<ItemEntry>
  #given = 0
  #state: 'running' | 'flushing' | 'cut' = 'running'
  #onSettled: (() => void) | undefined
  #onIdle: (() => void) | undefined

  constructor(parts: SinkFeedParts) {
    this.#parts = parts
    const { name, rules, logger, clock, create } = parts
    this.#losses = new LossLog(logger, clock)
    this.#sink = create(() => void this.#losses.counts.retried++)
    this.#entrance = new Entrance({ rules, clock, onDrop: (_, reason) => this.#drop(reason) })
    this.#order = this.#beginOrder()
    this.#link = new SinkLink({
      name,
      sink: this.#sink,
      logger,
      clock,
      onOpen: () => this.#pump(),
      onLost: () => this.#takeBack(),
    })
  }

  get rules(): SinkRules {
    return this.#parts.rules
  }

  get report(): SinkReport {
    const { name, kind } = this.#parts
    const { isOpen, why } = this.#link
    const counts = this.#losses.counts
    return { name, kind, open: isOpen, ...(why === undefined ? {} : { why }), queued: this.#left, counts }
  }

  /** Opens the sink; resolves to why it could not be opened at once. It is tried on in the background. */
  start(): ReturnType<SinkLink['start']> {
    return this.#link.start()
  }

  /** The trigger runs anew, and numbers its events anew. */
  beginRun(): void {
    this.#order.end()
    this.#order = this.#beginOrder()
  }

  /** Keeps the place of an event that is about to be handed out. */
  expect(sequence: number | undefined): Place {
    if (sequence === undefined) return undefined
    this.#order.expect(sequence)
    return { order: this.#order, sequence }
  }

  /** Nothing comes for this sink from the event of that place; with a reason, because it was lost. */
  pass(place: Place, lost?: DropReason): void {
    if (lost) this.#drop(lost)
    place?.order.arrive(place.sequence)
  }

  /** Takes an answer. With `drop: block` it may give a promise, which resolves when there is room or after ten seconds. */
  offer(item: SinkItem, place: Place): Promise<void> | undefined {
    if (this.#state !== 'running') {
      this.pass(place, 'stopping')
      return undefined
    }
    const wait = this.rules.drop === 'block' ? this.#waitForRoom() : undefined
    const bytes = item.response.body.byteLength
    const entry: ItemEntry = { item, bytes, order: 0, attempts: 0, settled: wait?.settled }
    if (!place) this.#enter(entry)
    else if (!place.order.arrive(place.sequence, entry)) {
      this.#drop('late')
      return undefined
    }
    return wait?.promise()
  }

  /** Delivers what is left within `deadlineMs`, and closes the sink. Resolves to whether everything was delivered that had to be. */
  async stop(deadlineMs: number): Promise<boolean> {
    const { clock } = this.#parts
    const { isLive = false } = this.#sink
    const mostMs = isLive ? Math.min(deadlineMs, liveMs) : deadlineMs
    const until = clock.now() + mostMs
    this.#order.end()
    this.#state = 'flushing'
    if (this.#left > 0) await this.#flush(mostMs)
    this.#state = 'cut'
    const before = this.#losses.counts.dropped.stopping
    this.#entrance.clear('stopping')
    await this.#link.close(Math.max(0, until - clock.now()))
    for (const _ of [...this.#underWay, ...this.#again]) this.#drop('stopping')
    this.#underWay.clear()
    this.#again = []
    this.#losses.close()
    return isLive || this.#losses.counts.dropped.stopping === before
  }

  /** Answers that are neither delivered nor lost. */
  get #left(): number {
    return this.#entrance.length + this.#underWay.size + this.#again.length
  }

  #beginOrder(): ArrivalOrder<ItemEntry> {
    const { rules, clock } = this.#parts
    const { reorderMs: waitMs, maxQueueBytes: mostBytes, queueSize } = rules
    const mostHeld = Math.min(Math.max(heldBounds.least, queueSize), heldBounds.most)
    return new ArrivalOrder({ waitMs, mostHeld, mostBytes }, clock, (entry) => this.#enter(entry))
  }

  #enter(entry: ItemEntry): void {
    this.#entrance.add(entry)
    this.#pump()
  }

  #drop(reason: DropReason): void {
    this.#losses.dropped(reason, { queued: this.#left })
  }

  #waitForRoom(): { settled: () => void; promise: () => Promise<void> | undefined } {
    const { promise, resolve } = Promise.withResolvers<void>()
    let isSettled = false
    const settled = (): void => {
      isSettled = true
      resolve()
    }
    return {
      settled,
      promise: () => {
        if (isSettled) return undefined
        // An answer that waits for its turn is no reason to wait longer.
        const timer = this.#parts.clock.after(blockMs, resolve)
        return promise.finally(timer.cancel)
      },
    }
  }

  #pump(): void {
    const most = Math.max(1, this.#sink.concurrency ?? 1)
    while (this.#link.isOpen && this.#underWay.size < most) {
      const entry = this.#entrance.shift()
      if (!entry) break
      void this.#write(entry)
    }
    if (this.#underWay.size === 0) this.#onSettled?.()
    if (this.#left === 0) this.#onIdle?.()
  }

  async #write(entry: ItemEntry): Promise<void> {
    if (entry.order === 0) entry.order = ++this.#given
    entry.attempts++
    this.#underWay.add(entry)
    try {
      await this.#give(entry.item)
      // What was taken back meanwhile has been given to the sink anew.
      if (this.#underWay.delete(entry)) this.#losses.written()
    } catch (error) {
      if (this.#underWay.delete(entry)) this.#rejected(entry, error)
    }
    this.#pump()
  }

  /** Never throws at once: a sink that fails each write so must not deepen the stack with each. */
  async #give(item: SinkItem): Promise<void> {
    await this.#sink.write(item)
  }

  #rejected(entry: ItemEntry, cause: unknown): void {
    if (this.#state === 'cut') return this.#drop('stopping')
    if (!this.#link.isOpen && entry.attempts < mostAttempts) return void this.#again.push(entry)
    this.#losses.failed(isPeltonError(cause) ? cause : this.#failure(String(cause), cause))
  }

  #failure(reason: string, cause?: unknown): ReturnType<typeof errors.sink_failed> {
    return errors.sink_failed({ sink: this.#parts.name, reason }, cause)
  }

  /** After a loss: everything that the sink has not taken goes back to the head of the queue, in order. */
  async #takeBack(): Promise<void> {
    const { clock } = this.#parts
    if (this.#underWay.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onSettled = resolve
      const timer = clock.after(settleMs, resolve)
      await promise
      timer.cancel()
      this.#onSettled = undefined
    }
    // Closing counts what is left itself.
    if (this.#state === 'cut') return
    const silent = [...this.#underWay]
    this.#underWay.clear()
    for (const entry of silent)
      this.#rejected(entry, 'it did not say what became of an answer when its target was lost')
    const back = this.#again.toSorted((a, b) => a.order - b.order)
    this.#again = []
    this.#losses.counts.retried += back.length
    this.#entrance.restore(back)
  }

  async #flush(deadlineMs: number): Promise<void> {
    const { clock } = this.#parts
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve))
    const waiting = new AbortController()
    this.#link.hurry()
    await Promise.race([idle, this.#link.givenUp, clock.sleep(deadlineMs, waiting.signal)])
    waiting.abort()
  }
}
