import {
  type CreateTrigger,
  type TriggerContext,
  type TriggerSettings,
  createConfiguredEvent,
  outcomeEnd,
  untilAborted,
} from '@pelton/core'
import type { KickstartAttributes } from './config.ts'

/** A trigger that hands out one event and then rests. Run again, it does not fire a second time. */
export const createKickstartTrigger: CreateTrigger<KickstartAttributes> = (settings) => {
  let hasFired = false
  return {
    async run(context) {
      context.ready(true)
      if (!hasFired && !context.stop.aborted) {
        hasFired = true
        await Promise.race([fire(settings, context), untilAborted(context.abort)])
      }
      await untilAborted(context.stop)
      context.ready(false, 'stopping')
    },
  }
}

async function fire(settings: TriggerSettings<KickstartAttributes>, context: TriggerContext): Promise<void> {
  const { attributes, kind, name, compat } = settings
  const timestamp = new Date(context.clock.wall())
  const event = createConfiguredEvent(attributes.event, { kind, name, compat, timestamp })
  const end = await outcomeEnd(await context.dispatch(event, { signal: context.abort }))
  if ('error' in end) context.logger.error('kickstart_failed', { event_id: event.id, error: end.error })
  else context.logger.info('kickstart_handled', { event_id: event.id, status: end.status })
}
