import type { Worker } from '@pelton/core'

/** A running worker and how much of it is taken. */
export interface Seat {
  readonly index: number
  readonly worker: Pick<Worker, 'handle' | 'ping' | 'isProcess'>
  readonly capacity: number
  /** Events that it holds. */
  taken: number
  /** Of these, the ones whose caller was answered at the deadline. */
  timedOut: number
  /** Takes no new events. */
  retired: boolean
  /** Ends the worker by force, since it is stuck, and has it replaced. */
  replace(reason: string): void
}

/** Whether a seat takes another event. */
export function isFree(seat: Seat): boolean {
  return !seat.retired && seat.taken < seat.capacity
}
