import { randomUUID } from 'node:crypto'
import {
  type CreateTrigger,
  type EventData,
  type Finished,
  type TriggerContext,
  type TriggerSettings,
  createConfiguredEvent,
  untilAborted,
} from '@pelton/core'
import { failureOf } from './attempt.ts'
import type { JobAttributes } from './config.ts'
import type { JobOutput } from './job-output.ts'
import { openJobOutput } from './open-job-output.ts'
import { type JobEnd, runJob } from './run-job.ts'

/** A trigger that hands out one event, again while it fails and may be retried, and says so when it is done. */
export const createJobTrigger: CreateTrigger<JobAttributes> = (settings) => ({
  async run(context) {
    const { attributes, name, folder } = settings
    const output = await openJobOutput({ target: attributes.output, folder, trigger: name, clock: context.clock })
    context.ready(true)
    context.finish(finishedBy(await doJob(settings, context, output), attributes))
    await untilAborted(context.stop)
    context.ready(false, 'stopping')
  },
})

async function doJob(
  settings: TriggerSettings<JobAttributes>,
  context: TriggerContext,
  output: JobOutput,
): Promise<JobEnd> {
  const { clock, logger } = context
  const begun = clock.now()
  const id = randomUUID()
  const job = { rules: settings.attributes, event: eventsOf(settings, id, new Date(clock.wall())), output }
  const end = await closeAfter(output, await runJob(job, context), context)
  const { attempts, status, failure } = end
  const facts = { event_id: id, status, attempts, duration_ms: Math.round(clock.now() - begun) }
  if (failure) logger.error('job_failed', { ...facts, ...failure })
  else logger.info('job_succeeded', facts)
  return end
}

/** Every attempt has the same event but for its number. */
function eventsOf(
  { attributes, kind, name, compat }: TriggerSettings<JobAttributes>,
  id: string,
  timestamp: Date,
): (attempt: number) => EventData {
  return (attempt) => createConfiguredEvent(attributes.event, { kind, name, compat, timestamp, id, attempt })
}

/** Without its result a job has failed. */
async function closeAfter(output: JobOutput, end: JobEnd, { abort }: TriggerContext): Promise<JobEnd> {
  try {
    await Promise.race([output.close(), untilAborted(abort)])
    return end
  } catch (error) {
    const { reason, ...rest } = failureOf(error)
    return {
      ...end,
      failure: end.failure ? { ...end.failure, reason: `${end.failure.reason}; ${reason}` } : { reason, ...rest },
    }
  }
}

function finishedBy({ failure }: JobEnd, { exitProcess }: JobAttributes): Finished {
  return { failed: failure !== undefined, ...(exitProcess === undefined ? {} : { endsProcess: exitProcess }) }
}
