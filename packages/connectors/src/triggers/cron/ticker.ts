import type { Clock, Timer } from '@pelton/core'
import { drawDelay, planRun } from './plan-run.ts'
import type { Schedule } from './schedule.ts'

/** What a ticker needs. */
export interface TickerParts {
  schedule: Schedule
  jitterMs: number
  clock: Clock
  /** From 0 to 1, without 1. */
  random: () => number
  /** The tick `at`, in milliseconds since the epoch, is due; `missed` ticks before it passed unseen. */
  tick: (at: number, missed: number) => void
  /** It ticks no more. */
  failed: (error: unknown) => void
}

/** Calls `tick` at the times of a schedule. */
export interface Ticker {
  stop(): void
}

/** The clock on the wall may jump, and stands still for timers while a machine sleeps: it is looked at this often. */
const lookMs = 30_000

/** Starts to tick, from now on; what lies in the past is not made up for. */
export function startTicker({ schedule, jitterMs, clock, random, tick, failed }: TickerParts): Ticker {
  let timer: Timer | undefined
  let isStopped = false
  let last = 0
  let delayMs = 0
  const standAt = (time: number): void => {
    last = time
    delayMs = drawDelay(schedule, last, jitterMs, random)
  }
  /** The milliseconds until the next step: each one lets others have their turn, however short the interval. */
  const step = (): number => {
    const planned = planRun({ schedule, last, delayMs, now: clock.wall() })
    if (planned.kind === 'wait') return Math.min(Math.ceil(planned.ms), lookMs)
    standAt(planned.kind === 'run' ? planned.at : clock.wall())
    if (planned.kind === 'run') tick(planned.at, planned.missed)
    return 0
  }
  const advance = (): void => {
    try {
      const waitMs = step()
      if (!isStopped) timer = clock.after(waitMs, advance)
    } catch (error) {
      failed(error)
    }
  }
  standAt(clock.wall())
  advance()
  return {
    stop() {
      isStopped = true
      timer?.cancel()
    },
  }
}
