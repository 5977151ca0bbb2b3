import { type EventData, type TriggerContext, backoffMs, untilAborted } from '@pelton/core'
import { errors } from '../../errors.ts'
import { type AttemptEnd, type Failure, attemptJob, failureOf } from './attempt.ts'
import type { JobAttributes } from './config.ts'
import type { JobOutput } from './job-output.ts'

/** Before an attempt, unless the first wait is longer. */
const longestWaitMs = 30_000

/** How a job ended. */
export interface JobEnd {
  /** Attempts that began. */
  attempts: number
  /** Of the last attempt; absent when none ended. */
  status?: number
  /** Absent: it succeeded. */
  failure?: Failure
}

/** What a job is made of. */
export interface Job {
  rules: Pick<JobAttributes, 'retries' | 'retryDelay' | 'deadline'>
  /** The event of an attempt, counted from 1. */
  event: (attempt: number) => EventData
  output: JobOutput
}

type Around = Pick<TriggerContext, 'dispatch' | 'clock' | 'logger' | 'stop' | 'abort'>

/**
 * Makes attempts until one succeeds, none is left or of use, or the deadline is over. After `stop` no other begins; at
 * `abort` it resolves at once. Never rejects.
 */
export async function runJob(job: Job, around: Around): Promise<JobEnd> {
  const { deadline } = job.rules
  const revoke = new AbortController()
  const timer = deadline > 0 ? around.clock.after(deadline, () => revoke.abort()) : undefined
  try {
    return await makeAttempts(job, around, revoke.signal)
  } finally {
    timer?.cancel()
  }
}

async function makeAttempts({ rules, event, output }: Job, around: Around, revoke: AbortSignal): Promise<JobEnd> {
  const { clock, logger, stop, abort, dispatch } = around
  const cutOff = untilAborted(AbortSignal.any([abort, revoke]))
  const noMore = AbortSignal.any([stop, revoke])
  let last: AttemptEnd | undefined
  for (let attempt = 1; ; attempt += 1) {
    if (revoke.aborted) return late(rules.deadline, attempt - 1, last)
    if (stop.aborted) return interrupted(attempt - 1, last)
    const isLast = attempt > rules.retries
    const parts = { event: event(attempt), dispatch, abort, revoke, output, isLast }
    const end = await Promise.race([attemptJob(parts), cutOff])
    if (revoke.aborted && end?.failure) return late(rules.deadline, attempt, end)
    if (!end) return revoke.aborted ? late(rules.deadline, attempt) : interrupted(attempt)
    if (!end.failure || isLast || !end.mayRetry) return ended(attempt, end)
    last = end
    if (stop.aborted) continue
    const { retryDelay: firstMs } = rules
    const waitMs = backoffMs(attempt, { firstMs, mostMs: Math.max(firstMs, longestWaitMs) })
    const { id } = parts.event
    logger.warn('job_attempt_failed', { event_id: id, attempt, reason: end.failure.reason, in_ms: Math.round(waitMs) })
    await clock.sleep(waitMs, noMore)
  }
}

function ended(attempts: number, { status, failure }: AttemptEnd): JobEnd {
  return { attempts, status, ...(failure ? { failure } : {}) }
}

function late(deadlineMs: number, attempts: number, last?: AttemptEnd): JobEnd {
  return {
    ...(last ? ended(attempts, last) : { attempts }),
    failure: failureOf(errors.job_deadline_over({ deadlineMs })),
  }
}

function interrupted(attempts: number, last?: AttemptEnd): JobEnd {
  const error = errors.job_interrupted({ reason: last?.failure?.reason })
  return { ...(last ? ended(attempts, last) : { attempts }), failure: failureOf(error) }
}
