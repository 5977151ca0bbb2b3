/** What a table holds: anything with an odd identifier. */
export interface Numbered {
  readonly id: number
}

const leastSlots = 256

/**
 * Open streams by identifier. Not a `Map`: one that is added to and deleted from without end leaves behind tables that
 * refer to each other, and through them the garbage collector keeps thousands of streams that are over.
 */
export class StreamTable<Stream extends Numbered> {
  /** Open addressing: a stream is at its own place or, where that was taken, after it without a gap. */
  #slots: (Stream | undefined)[] = emptySlots(leastSlots)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): Stream | undefined {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let at = (id >> 1) & mask; ; at = (at + 1) & mask) {
      const stream = slots[at]
      if (stream === undefined || stream.id === id) return stream
    }
  }

  /** Adds a stream that is not there. */
  add(stream: Stream): void {
    this.#size += 1
    if (this.#size * 2 > this.#slots.length) this.#resize(this.#slots.length * 2)
    put(this.#slots, stream)
  }

  delete(stream: Stream): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = (stream.id >> 1) & mask
    while (slots[hole] !== stream) {
      if (slots[hole] === undefined) return
      hole = (hole + 1) & mask
    }
    this.#size -= 1
    // Those that came after it because their places were taken move up.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const next = slots[at]
      if (next === undefined) break
      const home = (next.id >> 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = next
      hole = at
    }
    slots[hole] = undefined
    if (slots.length > leastSlots && this.#size * 8 < slots.length) this.#resize(slots.length / 2)
  }

  /** All that are there now, whatever becomes of them meanwhile. */
  all(): Stream[] {
    return this.#slots.filter((stream) => stream !== undefined)
  }

  #resize(length: number): void {
    const streams = this.all()
    this.#slots = emptySlots(length)
    for (const stream of streams) put(this.#slots, stream)
  }
}

function put<Stream extends Numbered>(slots: (Stream | undefined)[], stream: Stream): void {
  const mask = slots.length - 1
  let at = (stream.id >> 1) & mask
  while (slots[at] !== undefined) at = (at + 1) & mask
  slots[at] = stream
}

function emptySlots(length: number): undefined[] {
  return Array.from({ length }, () => undefined)
}
