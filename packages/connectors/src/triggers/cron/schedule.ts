/** When ticks come. All times are milliseconds since the epoch. */
export interface Schedule {
  /** The first tick after a time; undefined when there is none any more. */
  next(afterMs: number): number | undefined
  /** How many ticks there are after one time until another, that one included, and the last of them. Counting ends at `maxCounted`. */
  ticks(afterMs: number, untilMs: number): TickCount
  /** How far the clock may go back without ticks coming a second time. Beyond it the clock is taken to have been wrong. */
  readonly rewindMs: number
}

/** Ticks of a span of time. */
export interface TickCount {
  count: number
  /** Undefined when there is none. */
  last: number | undefined
}

/** Looking for a tick of an expression takes some 50 µs: counting more would be felt. */
export const maxCounted = 4_000

/** Ticks at one distance, counted from the tick before: when they are late they do not drift. */
export function createIntervalSchedule(everyMs: number): Schedule {
  return {
    next: (after) => after + everyMs,
    ticks(after, until) {
      const count = Math.max(0, Math.floor((until - after) / everyMs))
      return { count, last: count === 0 ? undefined : after + count * everyMs }
    },
    rewindMs: 0,
  }
}
