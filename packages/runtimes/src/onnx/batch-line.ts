/** What a request is put in line with. */
export interface InLine {
  /** Requests of one key can run together; undefined: alone. */
  key: string | undefined
  rows: number
  /** Place in the order of arrival: unique, and rising. */
  order: number
  /** When it came, in milliseconds. */
  since: number
  /** Aborted: it is taken out with the others, but needs no room among them. */
  signal?: AbortSignal | undefined
}

/** What leaves together, and when. */
export interface BatchRules {
  /** Most rows of requests that leave together. */
  maxRows: number
  /** How long a request that could leave with others waits for them. */
  delayMs: number
}

/** Requests of one key, oldest first. */
interface Group<T> {
  items: T[]
  rows: number
}

/**
 * Requests that wait for a run, in a line for each key. The oldest of all that may leave takes along those behind it in its
 * line; so a key of which there are always enough holds none of the others back.
 */
export class BatchLine<T extends InLine> {
  readonly #rules: BatchRules
  /** None of them is empty. */
  readonly #groups = new Map<string | undefined, Group<T>>()

  constructor(rules: BatchRules) {
    this.#rules = rules
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0
  }

  add(item: T): void {
    const group = this.#groups.get(item.key)
    if (group === undefined) {
      this.#groups.set(item.key, { items: [item], rows: item.rows })
      return
    }
    group.items.push(item)
    group.rows += item.rows
  }

  /** Takes out what leaves now, oldest first; nothing when everything waits for more. */
  take(now: number): T[] {
    let next: [key: string | undefined, group: Group<T>] | undefined
    let oldest = Infinity
    for (const entry of this.#groups) {
      const [key, group] = entry
      const { order } = group.items[0]!
      if (order < oldest && this.#readyAt(key, group) <= now) [next, oldest] = [entry, order]
    }
    return next === undefined ? [] : this.#takeFrom(...next)
  }

  /** When something may leave next, if nothing comes; Infinity when nothing is here. */
  readyAt(): number {
    let soonest = Infinity
    for (const [key, group] of this.#groups) soonest = Math.min(soonest, this.#readyAt(key, group))
    return soonest
  }

  #readyAt(key: string | undefined, { items, rows }: Group<T>): number {
    // From that many rows on, the next request does not fit any more.
    const waitsForMore = key !== undefined && rows < this.#rules.maxRows
    return waitsForMore ? items[0]!.since + this.#rules.delayMs : -Infinity
  }

  #takeFrom(key: string | undefined, group: Group<T>): T[] {
    const taken = group.items.splice(0, key === undefined ? 1 : this.#fitting(group.items))
    for (const { rows } of taken) group.rows -= rows
    if (group.items.length === 0) this.#groups.delete(key)
    return taken
  }

  /** How many from the first on have no more rows than may leave together; at least one. */
  #fitting(items: readonly T[]): number {
    let rows = 0
    let count = 0
    for (const item of items) {
      if (item.signal?.aborted !== true) rows += item.rows
      if (rows > this.#rules.maxRows && count > 0) break
      count++
    }
    return count
  }
}
