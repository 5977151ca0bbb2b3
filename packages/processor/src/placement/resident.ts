import type { CreateTrigger, ResidentHost, TriggerManifest, TriggerWorkers } from '@pelton/core'
import { createLogger, isPeltonError, systemClock } from '@pelton/core'
import { Allocator } from '../allocation/allocator.ts'
import type { Seat } from '../allocation/seat.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { MetricsRegion, countAnswered } from '../metrics/metrics-region.ts'
import { createShared } from '../triggers/shared-things.ts'
import { ServingState } from '../triggers/serving-state.ts'
import { TriggerSupervisor } from '../triggers/trigger-supervisor.ts'
import type { FromResident, ResidentData, SentError, ToResident } from './resident-messages.ts'

/** Runs a trigger in the worker's own thread, where `dispatch` is a function call. See `StartResident`. */
export async function startResident(host: ResidentHost, data: unknown): Promise<void> {
  const { manifestModule, settings, concurrency, workerWaitMs, metrics: memory } = data as ResidentData
  const post = (message: FromResident): void => host.post(message)
  const { default: manifest } = (await import(manifestModule)) as { default: TriggerManifest }
  const createTrigger: CreateTrigger<Record<string, unknown>> = await manifest.load()
  const metrics = new MetricsRegion(memory)
  const allocator = new Allocator(1, systemClock)
  allocator.add(localSeat(host, concurrency))
  const dispatcher = new Dispatcher({
    trigger: settings.name,
    allocator,
    clock: systemClock,
    metrics,
    workerMetrics: () => metrics,
    rules: { workerWaitMs },
  })
  // Its worker is the one that it lives in.
  const serving = new ServingState(true)
  const supervisor: TriggerSupervisor = new TriggerSupervisor({
    name: settings.name,
    create: () => createTrigger(settings),
    dispatch: (source, options) => dispatcher.dispatch(source, options),
    count: (result) => countAnswered(metrics, result),
    onCall: (operation, handle) => host.onCall(operation, handle),
    // Its connections are its work, so it never has none left.
    finish: () => undefined,
    shared: createShared(),
    workers: ownWorker,
    series: () => {
      throw new TypeError(`${settings.kind} has series: its manifest must not have inWorkers`)
    },
    serving,
    logger: createLogger(host.log, { trigger: settings.name, worker: host.index }),
    clock: systemClock,
    onChange: () => post({ type: 'state', ...supervisor.state }),
  })
  host.onMessage((message) => obey(supervisor, serving, message as ToResident))
  supervisor.started.then(
    () => post({ type: 'state', ...supervisor.state }),
    (error: unknown) => post({ type: 'failed', error: sentError(error) }),
  )
  void supervisor.done.then(() => post({ type: 'done' }))
}

/** The worker that the trigger lives in: its handler is all that it runs, and it ends with it. */
const ownWorker: TriggerWorkers = {
  models: undefined,
  replace: () => Promise.reject(new TypeError('a trigger inside its worker cannot replace it')),
}

function obey(supervisor: TriggerSupervisor, serving: ServingState, message: ToResident): void {
  serving.set(false)
  if (message === 'stopping') return
  if (message === 'abort') supervisor.abort()
  else supervisor.stop(message === 'replace' ? 'replaced' : undefined)
}

function localSeat(host: ResidentHost, capacity: number): Seat {
  return {
    index: 0,
    worker: { handle: (event, options) => host.worker.handle(event, options), ping: () => Promise.resolve(true) },
    capacity,
    taken: 0,
    timedOut: 0,
    retired: false,
    replace: () => undefined,
  }
}

function sentError(error: unknown): SentError {
  if (!isPeltonError(error)) {
    return { code: 'trigger_failed', message: String(error), help: '', blame: 'bug', retryable: true }
  }
  const { code, message, help, blame, retryable } = error
  return { code, message, help, blame, retryable }
}
