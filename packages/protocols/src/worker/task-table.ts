import { slotMask } from './begun-table.ts'
import type { PendingTask } from './pending-task.ts'

/** The events that a host holds, by id. An id is a slot in its low 16 bits and a count that tells its uses apart. */
export class TaskTable {
  readonly #tasks: (PendingTask | undefined)[]
  readonly #free: number[] = []
  /** The last id of each slot: the table of begun events may still tell of it. */
  readonly #last: Uint32Array
  #uses = 0

  constructor(slots: number) {
    this.#tasks = Array.from({ length: Math.min(slots, slotMask + 1) }, () => undefined)
    this.#last = new Uint32Array(this.#tasks.length)
    for (let slot = this.#tasks.length - 1; slot >= 0; slot--) this.#free.push(slot)
  }

  get size(): number {
    return this.#tasks.length - this.#free.length
  }

  /** An id for an event; never 0. Undefined when every slot is taken. */
  nextId(): number | undefined {
    const slot = this.#free.pop()
    if (slot === undefined) return undefined
    this.#nextUse()
    if (this.#idOf(slot) === this.#last[slot]) this.#nextUse()
    const id = this.#idOf(slot)
    this.#last[slot] = id
    return id
  }

  #nextUse(): void {
    this.#uses = this.#uses >= slotMask ? 1 : this.#uses + 1
  }

  #idOf(slot: number): number {
    return ((this.#uses << 16) | slot) >>> 0
  }

  set(task: PendingTask): void {
    this.#tasks[task.id & slotMask] = task
  }

  get(id: number): PendingTask | undefined {
    const task = this.#tasks[id & slotMask]
    return task?.id === id ? task : undefined
  }

  free(id: number): void {
    this.#tasks[id & slotMask] = undefined
    this.#free.push(id & slotMask)
  }

  all(): PendingTask[] {
    return this.#tasks.filter((task) => task !== undefined)
  }
}
