import type { Worker } from '@pelton/core'
import type { AheadQueue } from './ahead-queue.ts'

/** A running worker and how much of it is taken. A batch takes as much of it as one event. */
export interface Seat {
  readonly index: number
  readonly worker: Pick<Worker, 'handle' | 'handleBatch' | 'ping' | 'atDeadline'>
  /** Events that it runs at a time. */
  readonly capacity: number
  /** Events that wait in it beyond its capacity; absent when it takes none ahead. */
  readonly ahead?: AheadQueue | undefined
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

/** Whether a busy seat takes an event ahead: it has room and will soon come to it. `now` as of its queue's clock. */
export function takesAhead(seat: Seat, now: number): boolean {
  const { ahead } = seat
  if (!ahead || seat.retired) return false
  return seat.taken < seat.capacity + ahead.limit && ahead.isQuick(now)
}
