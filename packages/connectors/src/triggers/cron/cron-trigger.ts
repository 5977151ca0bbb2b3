import { type CreateTrigger, type TriggerContext, type TriggerSettings, untilAborted } from '@pelton/core'
import { errors } from '../../errors.ts'
import type { CronAttributes } from './config.ts'
import { loadSchedule } from './load-schedule.ts'
import { OpenRuns } from './open-runs.ts'
import { startTicker } from './ticker.ts'

/** A trigger that hands out the configured event at the times of its schedule. */
export const createCronTrigger: CreateTrigger<CronAttributes> = (settings) => ({
  run: (context) => (settings.scheduledByCluster ? leaveToCluster(context) : runOnSchedule(settings, context)),
})

/** The cluster calls the function by HTTP at these times. */
async function leaveToCluster({ logger, ready, stop }: TriggerContext): Promise<void> {
  logger.info('cron_left_to_cluster')
  ready(true)
  await untilAborted(stop)
}

async function runOnSchedule(settings: TriggerSettings<CronAttributes>, context: TriggerContext): Promise<void> {
  const { name, attributes, compat } = settings
  const { clock, stop, abort, ready } = context
  const schedule = await loadSchedule(attributes, compat)
  if (schedule.next(clock.wall()) === undefined) {
    throw errors.schedule_never_due({ trigger: name, schedule: attributes.schedule ?? '' })
  }
  const runs = new OpenRuns(settings, context)
  const lost = Promise.withResolvers<never>()
  const ticker = startTicker({
    schedule,
    jitterMs: attributes.jitter,
    clock,
    random: Math.random,
    tick: (at, missed) => runs.due(at, missed),
    failed: lost.reject,
  })
  try {
    ready(true)
    await Promise.race([untilAborted(stop), lost.promise])
  } finally {
    ticker.stop()
    await Promise.race([runs.end(), untilAborted(abort)])
  }
  ready(false, 'stopping')
}
