import {
  isPeltonError,
  type EventData,
  type HandleOptions,
  type Outcome,
  type Task,
  type Worker,
  type WorkerSpec,
} from '@pelton/core'
import { errors } from '../errors.ts'

type Told = Pick<WorkerSpec, 'hooks' | 'exposeErrors' | 'index'>

/**
 * The worker with what its program says of failed events in the log: callers get a generic text, unless the function
 * exposes errors. Hosts of Pelton's own do both by themselves.
 */
export function tellFailures(worker: Worker, told: Told): Worker {
  const { handle, handleBatch } = worker
  const follow = (task: Task, event: EventData, options?: HandleOptions): Task => ({
    outcome: task.outcome.then((outcome) =>
      followed(outcome, (message, reason) => log(told, { event, options, message, reason }), told),
    ),
    begunAt: () => task.begunAt(),
    recall: () => task.recall?.(),
  })
  worker.handle = (event, options) => follow(handle(event, options), event, options)
  if (handleBatch) {
    worker.handleBatch = (events, options) =>
      handleBatch(events, options).map((task, at) => follow(task, events[at]!, options[at]))
  }
  return worker
}

function followed(outcome: Outcome, tell: (message: string, reason: string) => void, { exposeErrors }: Told): Outcome {
  if (outcome.status === 'handled') {
    outcome.finished.catch((error: unknown) => {
      if (isOfProgram(error)) tell('stream_broken', error.message)
    })
    return outcome
  }
  const { error } = outcome
  if (!isOfProgram(error)) return outcome
  tell('handler_failed', error.message)
  const text = exposeErrors ? error.message : 'the handler failed'
  return { status: 'failed', error: errors.handler_failed({ text }, error) }
}

/** An error of the program without a code of its own; others are Pelton's, or known to whoever the program speaks with. */
function isOfProgram(error: unknown): error is Error {
  return isPeltonError(error) && error.code === errors.handler_failed.code
}

interface Failure {
  event: EventData
  options: HandleOptions | undefined
  message: string
  reason: string
}

function log({ hooks, index }: Told, { event, options, message, reason }: Failure): void {
  const { id: eventId, trigger } = event
  const facts = { reason }
  const record = {
    time: Date.now(),
    level: 'error',
    message,
    facts,
    eventId,
    trigger: trigger.name,
    worker: index,
  } as const
  hooks.log(record)
  options?.log?.write(record)
}
