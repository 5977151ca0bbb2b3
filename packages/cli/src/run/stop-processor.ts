import { type Clock, type PeltonLogger, systemClock } from '@pelton/core'
import type { Processor } from '@pelton/processor'

/** What the processor may take beyond its grace time before it is given up. */
const watchdogMs = 2000

/** After how long whoever waits for the end is told what it waits for. */
const noticeMs = 2000

/** How a processor is stopped. */
export interface StopOptions {
  graceMs: number
  logger: PeltonLogger
  /** Nobody asked for it: that everything finished is not worth a line. */
  isExpected?: boolean
  clock?: Clock
}

/**
 * Drains and stops the processor; resolves with whether everything finished, at the latest two seconds after the grace time. An end
 * that takes longer than two seconds is explained.
 */
export async function stopProcessor(
  processor: Pick<Processor, 'stop'>,
  { graceMs, logger, isExpected = false, clock = systemClock }: StopOptions,
): Promise<boolean> {
  const begun = clock.now()
  const done = new AbortController()
  const notice = clock.after(noticeMs, () => {
    const leftMs = graceMs - noticeMs
    if (leftMs > 0)
      logger.info('still_stopping', {
        waits_for: 'events that have begun',
        at_most_ms: leftMs,
        ends_at_once: 'a second signal',
      })
  })
  const outcome = await Promise.race([
    processor.stop(graceMs).then(
      ({ clean }) => ({ clean, reason: clean ? undefined : 'something was cut off at the end of the grace time' }),
      (error: unknown) => ({ clean: false, reason: String(error) }),
    ),
    clock.sleep(graceMs + watchdogMs, done.signal).then(() => ({ clean: false, reason: 'the processor did not stop' })),
  ])
  done.abort()
  notice.cancel()
  const facts = { clean: outcome.clean, took_ms: Math.round(clock.now() - begun) }
  if (outcome.clean) logger[isExpected ? 'debug' : 'info']('stopped', facts)
  else logger.warn('stopped', { ...facts, reason: outcome.reason })
  return outcome.clean
}
