import type { Schedule, TickCount } from './schedule.ts'

/** What a schedule asks for at a moment. */
export type Step =
  /** Nothing before `ms` are over. */
  | { kind: 'wait'; ms: number }
  /** A run for the tick `at`; of the ticks before it `missed` never had one. */
  | { kind: 'run'; at: number; missed: number }
  /** The clock was wrong before: ticks count from now on. */
  | { kind: 'rewound' }

/** Where a schedule stands. Times are milliseconds since the epoch. */
export interface Standing {
  schedule: Schedule
  /** The tick that had the last run; at first the time of the start. */
  last: number
  /** How long the next run is put off. */
  delayMs: number
  now: number
}

/**
 * Decides what to do now. Each tick is seen once, never before its time; of several that have come meanwhile the last
 * one is run and the others are missed.
 */
export function planRun({ schedule, last, delayMs, now }: Standing): Step {
  if (now < last - schedule.rewindMs) return { kind: 'rewound' }
  const next = schedule.next(last)
  if (next === undefined) return { kind: 'wait', ms: Infinity }
  if (now < next + delayMs) return { kind: 'wait', ms: next + delayMs - now }
  const { count, last: at = next }: TickCount = schedule.ticks(last, now)
  return { kind: 'run', at, missed: Math.max(0, count - 1) }
}

/** How long a tick's run is put off: a random part of the jitter that ends well before the next tick. */
export function drawDelay(schedule: Schedule, last: number, jitterMs: number, random: () => number): number {
  if (jitterMs === 0) return 0
  const tick = schedule.next(last)
  const following = tick === undefined ? undefined : schedule.next(tick)
  if (tick === undefined || following === undefined) return 0
  return random() * Math.min(jitterMs, (following - tick) * latestPart)
}

/** Beyond it a timer that is a little late would take a run for missed. */
const latestPart = 0.9
