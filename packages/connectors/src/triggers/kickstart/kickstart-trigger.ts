import { randomUUID } from 'node:crypto'
import {
  type CreateTrigger,
  type EventData,
  type HeaderMap,
  type Outcome,
  type TriggerContext,
  type TriggerSettings,
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
  const event = eventOf(settings)
  const outcome = await context.dispatch(event, { signal: context.abort })
  const error = await endOf(outcome)
  if (error) context.logger.error('kickstart_failed', { event_id: event.id, error })
  else context.logger.info('kickstart_handled', { event_id: event.id, status: statusOf(outcome) })
}

function statusOf(outcome: Outcome): number {
  return outcome.status === 'handled' ? outcome.response.status : outcome.error.status
}

/** Why the event failed, if it did. A streamed body is read to its end, because its producer waits for a reader. */
async function endOf(outcome: Outcome): Promise<string | undefined> {
  if (outcome.status === 'failed') return `${outcome.error.code}: ${outcome.error.message}`
  const { body, status } = outcome.response
  try {
    if (body !== undefined && !(body instanceof Uint8Array)) for await (const _chunk of body);
    await outcome.finished
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return status >= 400 ? `the handler answered ${status}` : undefined
}

function eventOf({ name, kind, attributes }: TriggerSettings<KickstartAttributes>): EventData {
  const { body, method, path } = attributes.event
  const headers: HeaderMap = {}
  for (const [header, value] of Object.entries(attributes.event.headers)) headers[header.toLowerCase()] = value
  const contentType = headers['content-type']
  return {
    id: randomUUID(),
    attempt: 1,
    trigger: { kind, name },
    timestamp: new Date(),
    method,
    path,
    url: path,
    contentType: typeof contentType === 'string' ? contentType : '',
    headers,
    fields: {},
    body: Buffer.from(body),
    shardId: -1,
    offset: 0,
    topic: '',
  }
}
