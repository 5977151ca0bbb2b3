import type { WorkerFault, WorkerHooks } from '@pelton/core'
import { reasonOf } from '@pelton/sdk/host'
import { handlerStack } from './handler-stack.ts'
import type { Handling } from './handling.ts'
import { thrownFacts } from './thrown-facts.ts'
import type { WorkerLog } from './worker-log.ts'

/** What is told about faults that nobody caught. */
export interface FaultOptions {
  log: WorkerLog
  hooks: Pick<WorkerHooks, 'fault'>
  /** The event or batch whose code is running; uncaught exceptions and rejections keep it. */
  current: () => Handling | undefined
}

/** The watch over uncaught faults of one thread or process. */
export interface FaultWatch {
  /** Until `loading` settles, a fault is why it failed; after that it is a report. */
  duringLoad: <T>(loading: Promise<T>) => Promise<T>
}

/** After so many faults only retirement matters: the worker has asked for it long ago. */
const maxReports = 50

/**
 * Keeps uncaught exceptions and unhandled rejections from ending the thread or process: the event or batch that one
 * belongs to is failed at once if it is open, and the worker asks to be retired.
 */
export function watchFaults(options: FaultOptions): FaultWatch {
  let reports = 0
  let loadFailed: ((error: unknown) => void) | undefined
  const uncaught = (error: unknown): void => {
    const event = options.current()
    if (event === undefined && loadFailed !== undefined) return loadFailed(error)
    if ((reports += 1) <= maxReports) report(options, event, error)
    event?.settlement.fail(error)
  }
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  return {
    async duringLoad(loading) {
      const failure = Promise.withResolvers<never>()
      loadFailed = failure.reject
      try {
        return await Promise.race([loading, failure.promise])
      } finally {
        loadFailed = undefined
      }
    },
  }
}

function report({ log, hooks }: FaultOptions, event: Handling | undefined, error: unknown): void {
  const fault: WorkerFault = { message: reasonOf(error) }
  const stack = stackOf(error)
  if (stack !== undefined) fault.stack = stack
  if (event?.data !== undefined) fault.eventId = event.data.id
  log.take(event, 'error', 'uncaught_fault', thrownFacts(error))
  hooks.fault(fault)
}

function stackOf(error: unknown): string | undefined {
  try {
    // It may be anything that somebody has assigned.
    const stack: unknown = error instanceof Error ? error.stack : undefined
    return typeof stack === 'string' ? handlerStack(stack) : undefined
  } catch {
    // A getter that throws: then there is no stack.
    return undefined
  }
}
