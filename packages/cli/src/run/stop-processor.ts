import { type Clock, type PeltonLogger, systemClock } from '@pelton/core'
import type { Processor } from '@pelton/processor'

/** What the processor may take beyond its grace time before it is given up. */
const watchdogMs = 2000

/** How a processor is stopped. */
export interface StopOptions {
  graceMs: number
  logger: PeltonLogger
  /** Nobody asked for it: that everything finished is not worth a line. */
  isExpected?: boolean
  clock?: Clock
}

/** Drains and stops the processor; resolves with whether everything finished, at the latest two seconds after the grace time. */
export async function stopProcessor(
  processor: Processor,
  { graceMs, logger, isExpected = false, clock = systemClock }: StopOptions,
): Promise<boolean> {
  const begun = clock.now()
  const done = new AbortController()
  const outcome = await Promise.race([
    processor.stop(graceMs).then(
      ({ clean }) => ({ clean, reason: clean ? undefined : 'something was cut off at the end of the grace time' }),
      (error: unknown) => ({ clean: false, reason: String(error) }),
    ),
    clock.sleep(graceMs + watchdogMs, done.signal).then(() => ({ clean: false, reason: 'the processor did not stop' })),
  ])
  done.abort()
  const facts = { clean: outcome.clean, took_ms: Math.round(clock.now() - begun) }
  if (outcome.clean) logger[isExpected ? 'debug' : 'info']('stopped', facts)
  else logger.warn('stopped', { ...facts, reason: outcome.reason })
  return outcome.clean
}
