import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, type WorkerHooks, systemClock } from '@pelton/core'
import type { BatchHandler, Handler } from '@pelton/sdk'
import { type Contexts, createContexts, createHandlerLogger } from '@pelton/sdk/host'
import { createEventRunner } from './event-runner.ts'
import { watchFaults } from './faults.ts'
import type { EventViews } from './handler-sides.ts'
import type { Handling } from './handling.ts'
import type { HandlerHost, HostSpec } from './host-spec.ts'
import { loadHandler } from './load-handler.ts'
import { createOpenEvents, untrackedEvents } from './open-events.ts'
import { captureOutput } from './output.ts'
import { type WorkerLog, createWorkerLog } from './worker-log.ts'

export type { HandlerHost, HostSpec } from './host-spec.ts'

/**
 * Loads the function of `spec`, awaits its `initContext` and handles events with it. It owns the thread or process:
 * the environment, the output and uncaught faults are the function's from then on. Rejects with a `PeltonError` that
 * tells the user why the function cannot be loaded.
 */
export async function createHandlerHost(
  spec: HostSpec,
  hooks: WorkerHooks,
  clock: Clock = systemClock,
): Promise<HandlerHost> {
  const store = new AsyncLocalStorage<Handling>()
  const log = createWorkerLog({
    level: spec.logLevel,
    worker: spec.index,
    trigger: spec.trigger.kind === '' ? undefined : spec.trigger.name,
    write: (record) => hooks.log(record),
    wall: () => clock.wall(),
  })
  const current = (): Handling | undefined => store.getStore()
  captureOutput({ log, current })
  const faults = watchFaults({ log, hooks, current })
  const open = spec.compat === 'none' ? untrackedEvents : createOpenEvents()
  const answering = (): Handling | undefined => open.answering(current())
  const contexts = contextsOf({ spec, log, current, answering })
  let views: EventViews | undefined
  if (spec.handlerSides !== undefined && spec.handlerSides.length > 0) {
    // Only functions whose triggers give handlers something load it.
    const { addHandlerSides } = await import('./handler-sides.ts')
    views = await addHandlerSides(contexts.worker, spec.handlerSides, { call: (...given) => hooks.call(...given), log })
  }
  const handler = await loadHandler({ spec, context: contexts.worker, log, clock, watched: faults.duringLoad })
  const parts = { spec, log, clock, store, open, contexts, views }
  if (spec.batchSize === undefined) return createEventRunner({ ...parts, handler: handler as Handler })
  // Only functions with batches load what handles them.
  const { createBatchRunner } = await import('./batch-runner.ts')
  return createBatchRunner({ ...parts, handler: handler as BatchHandler })
}

interface Surroundings {
  spec: HostSpec
  log: WorkerLog
  current: () => Handling | undefined
  /** The event that the worker's own `context.callback` answers. */
  answering: () => Handling | undefined
}

function contextsOf({ spec, log, current, answering }: Surroundings): Contexts {
  return createContexts({
    compat: spec.compat,
    facts: {
      workerId: spec.index,
      trigger: spec.trigger,
      functionName: spec.function.name,
      functionVersion: spec.function.version,
    },
    current: answering,
    // Loaded by the first call: most functions make none.
    callFunction: async (name, call) => {
      const { callFunction } = await import('./call-function.ts')
      return callFunction({ facts: spec.function, env: process.env, current }, name, call)
    },
    logger: createHandlerLogger((level, message, facts) => log.take(current(), level, message, facts)),
  })
}
