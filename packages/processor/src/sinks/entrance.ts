import type { Clock, SinkRules, Timer } from '@pelton/core'
import { SinkQueue } from './sink-queue.ts'
import type { DropReason } from './sink-counts.ts'

/** How long `drop: block` waits for room, in milliseconds. */
export const blockMs = 10_000

/** Something on its way to a sink. */
export interface Entry {
  readonly bytes: number
  /** Called when it has entered the queue or is not going to; a second time does no harm. */
  readonly settled?: (() => void) | undefined
}

/** What an entrance is made of. */
export interface EntranceParts<T> {
  rules: SinkRules
  clock: Clock
  onDrop: (entry: T, reason: DropReason) => void
}

/** The queue of a sink with what waits before it: nothing, but where `drop: block` lets triggers wait for room. */
export class Entrance<T extends Entry> {
  readonly #parts: EntranceParts<T>
  readonly #queue: SinkQueue<T>
  readonly #waiting = new Map<T, Timer>()
  #waitingBytes = 0

  constructor(parts: EntranceParts<T>) {
    this.#parts = parts
    this.#queue = new SinkQueue(parts.rules)
  }

  /** Entries in the queue and before it. */
  get length(): number {
    return this.#queue.length + this.#waiting.size
  }

  /** Takes an entry, lets it wait for room, or drops what is to be dropped. */
  add(entry: T): void {
    const { rules } = this.#parts
    if (entry.bytes > rules.maxQueueBytes) return this.#drop(entry, 'too_large')
    const mustWait = rules.drop === 'block' && (this.#waiting.size > 0 || !this.#queue.hasRoom(entry.bytes))
    if (mustWait) return this.#wait(entry)
    const dropped = this.#queue.push(entry)
    if (!dropped.includes(entry)) entry.settled?.()
    for (const one of dropped) this.#drop(one, 'queue_full')
  }

  /** Takes the oldest entry out. */
  shift(): T | undefined {
    const entry = this.#queue.shift()
    if (entry) this.#admit()
    return entry
  }

  /** Puts entries that were taken out back to the head, in order. */
  restore(entries: readonly T[]): void {
    this.#queue.restore(entries)
  }

  /** Drops everything. */
  clear(reason: DropReason): void {
    const waiting = [...this.#waiting.keys()]
    for (const entry of waiting) this.#leave(entry)
    for (const entry of [...this.#queue.clear(), ...waiting]) this.#drop(entry, reason)
  }

  /** As many may wait as the queue takes: a trigger may have more events under way than that. */
  #wait(entry: T): void {
    const { rules, clock } = this.#parts
    const isFull = this.#waiting.size >= rules.queueSize || this.#waitingBytes + entry.bytes > rules.maxQueueBytes
    if (isFull) return this.#drop(entry, 'queue_full')
    this.#waitingBytes += entry.bytes
    const timer = clock.after(blockMs, () => {
      this.#leave(entry)
      this.#drop(entry, 'queue_full')
      // There may be room for the next one, which is smaller.
      this.#admit()
    })
    this.#waiting.set(entry, timer)
  }

  #admit(): void {
    for (const entry of this.#waiting.keys()) {
      if (!this.#queue.hasRoom(entry.bytes)) return
      this.#leave(entry)
      this.#queue.push(entry)
      entry.settled?.()
    }
  }

  #leave(entry: T): void {
    this.#waiting.get(entry)?.cancel()
    this.#waiting.delete(entry)
    this.#waitingBytes -= entry.bytes
  }

  #drop(entry: T, reason: DropReason): void {
    this.#parts.onDrop(entry, reason)
    entry.settled?.()
  }
}
