import type { SinkRules } from '@pelton/core'

/** What a queue has to know of an entry. */
export interface Sized {
  readonly bytes: number
}

/** How many entries are moved down at the earliest when entries have left the head. */
const slackEntries = 1024

/** The entries that wait for one sink: bounded in number and bytes, first in, first out. */
export class SinkQueue<T extends Sized> {
  readonly #rules: Pick<SinkRules, 'queueSize' | 'maxQueueBytes' | 'drop'>
  /** Those before the head have left. */
  #entries: (T | undefined)[] = []
  #head = 0
  #bytes = 0

  constructor(rules: Pick<SinkRules, 'queueSize' | 'maxQueueBytes' | 'drop'>) {
    this.#rules = rules
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether an entry of so many bytes enters without another one leaving. */
  hasRoom(bytes: number): boolean {
    return this.length < this.#rules.queueSize && this.#bytes + bytes <= this.#rules.maxQueueBytes
  }

  /** Takes an entry no larger than the queue; gives those that are dropped for it: the oldest, or itself. */
  push(entry: T): T[] {
    const dropped: T[] = []
    while (this.#rules.drop === 'oldest' && !this.hasRoom(entry.bytes)) {
      const oldest = this.shift()
      if (!oldest) break
      dropped.push(oldest)
    }
    if (!this.hasRoom(entry.bytes)) return [...dropped, entry]
    this.#entries.push(entry)
    this.#bytes += entry.bytes
    return dropped
  }

  /** Takes the oldest entry out. */
  shift(): T | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    // What has left is held no longer.
    this.#entries[this.#head] = undefined
    this.#head++
    this.#bytes -= entry.bytes
    if (this.#head >= slackEntries || this.#head === this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  /** Puts entries that were taken out back to the head, in order, beyond the bounds where need be. */
  restore(entries: readonly T[]): void {
    this.#entries.splice(this.#head, 0, ...entries)
    for (const { bytes } of entries) this.#bytes += bytes
  }

  /** Takes everything out. */
  clear(): T[] {
    const entries = this.#entries.slice(this.#head).filter((entry) => entry !== undefined)
    this.#entries = []
    this.#head = 0
    this.#bytes = 0
    return entries
  }
}
