import {
  type Bytes,
  type EventData,
  type Handled,
  type Outcome,
  type PeltonError,
  type TriggerContext,
  isPeltonError,
} from '@pelton/core'
import { errors } from '../../errors.ts'
import type { JobOutput } from './job-output.ts'

/** Why an attempt or a job failed. */
export interface Failure {
  reason: string
  /** How to mend it, where that is known. */
  help?: string
}

/** What became of one attempt. */
export interface AttemptEnd {
  /** Of the answer, or of the error that came instead. */
  status: number
  /** Absent: it succeeded. */
  failure?: Failure
  /** Whether another attempt may do better. */
  mayRetry: boolean
}

/** What one attempt is made with. */
export interface Attempt {
  event: EventData
  dispatch: TriggerContext['dispatch']
  /** The grace time is over. */
  abort: AbortSignal
  /** The job's time is over. */
  revoke: AbortSignal
  output: JobOutput
  /** No other attempt follows, whatever becomes of this one. */
  isLast: boolean
}

/** Hands the event out, gives the body of the answer to the output, and judges it. Never rejects. */
export async function attemptJob({ event, dispatch, abort, revoke, output, isLast }: Attempt): Promise<AttemptEnd> {
  const outcome = await dispatch(event, { signal: abort, revoke })
  const end = judgeOutcome(outcome)
  if (outcome.status === 'failed') return end
  try {
    const isFinal = isLast || (!end.failure && isWhole(outcome))
    await output.take(bodyOf(outcome), isFinal)
    return end
  } catch (error) {
    return brokenOff(end.status, error)
  }
}

/** Any 2xx is success. A failure is worth another attempt unless its error says that this is no use. */
function judgeOutcome(outcome: Outcome): AttemptEnd {
  if (outcome.status === 'failed') {
    const { error } = outcome
    return { status: error.status, failure: failureOf(error), mayRetry: error.retryable || hasRun(error) }
  }
  const { status } = outcome.response
  if (status >= 200 && status < 300) return { status, mayRetry: false }
  return { status, failure: { reason: `the handler answered ${status}` }, mayRetry: true }
}

/** A handler that threw may fare better the next time, whatever its error says of events that others send again. */
function hasRun({ code }: PeltonError): boolean {
  return code === 'handler_failed'
}

function brokenOff(status: number, error: unknown): AttemptEnd {
  // What the handler did is done: doing it again does not mend the place where its answer goes.
  const isOutput = isPeltonError(error) && error.code === errors.output_failed.code
  return { status, failure: failureOf(error), mayRetry: !isOutput }
}

/** A caught value as a reason for people. */
export function failureOf(error: unknown): Failure {
  if (isPeltonError(error)) return { reason: `${error.code}: ${error.message}`, help: error.help }
  return { reason: error instanceof Error ? error.message : String(error) }
}

function isWhole({ response: { body } }: Handled): boolean {
  return body === undefined || body instanceof Uint8Array
}

async function* bodyOf({ response: { body }, finished }: Handled): AsyncGenerator<Bytes> {
  if (body instanceof Uint8Array) yield body
  else if (body !== undefined) yield* body
  await finished
}
