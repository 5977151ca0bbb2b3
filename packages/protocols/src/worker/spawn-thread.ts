import { getCompileCacheDir } from 'node:module'
import { Worker as Thread } from 'node:worker_threads'
import type { Worker, WorkerSpec } from '@pelton/core'
import { errors } from '../errors.ts'
import { createBegunMemory, openBegunMemory } from './begun-table.ts'
import { logOutput } from './log-output.ts'
import { createThreadChannel, createThreadLink } from './thread-channel.ts'
import type { ThreadData } from './thread-host.ts'
import { createThreadState, createThreadVessel } from './thread-vessel.ts'
import { createWireWorker } from './wire-worker.ts'
import { workerFlags } from './worker-flags.ts'
import { workerName, workerSlots } from './worker-slots.ts'

/** A host that runs in a thread of this process. */
export interface ThreadHost {
  /** The module that the thread runs. */
  entry: URL
  /** What it is told to load; JSON. */
  start: unknown
  /** Given along in `workerData`. */
  extra?: unknown
  /** What of it is handed over. */
  transfer?: NonNullable<ThreadOptions['transferList']>
  /** Gives the start up: the thread is ended and the promise rejects. */
  signal?: AbortSignal | undefined
}

type ThreadOptions = NonNullable<ConstructorParameters<typeof Thread>[1]>

/** Starts a thread whose module serves the worker wire (`openThreadHost`, `serveWorker`). Rejects when it cannot start. */
export async function spawnThreadHost(host: ThreadHost, spec: WorkerSpec): Promise<Worker> {
  const link = createThreadLink()
  const begun = createBegunMemory(workerSlots(spec))
  const state = createThreadState()
  const data: ThreadData = { link: link.there, begun, state, extra: host.extra }
  const thread = startThread(host.entry, spec, { data, transfer: [...link.transfer, ...(host.transfer ?? [])] })
  return createWireWorker({
    channel: createThreadChannel(link.here, { atTurnEnd: true }),
    vessel: createThreadVessel(thread, state),
    worker: workerName(spec),
    start: host.start,
    trigger: spec.trigger,
    slots: workerSlots(spec),
    begun: openBegunMemory(begun),
    hooks: spec.hooks,
    ...(host.signal ? { signal: host.signal } : {}),
  })
}

interface Given {
  data: ThreadData
  transfer: NonNullable<ThreadOptions['transferList']>
}

function startThread(entry: URL, spec: WorkerSpec, { data, transfer }: Given): Thread {
  const cache = getCompileCacheDir()
  const env = { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }), ...spec.env }
  try {
    const thread = new Thread(entry, {
      name: `worker ${spec.index}`,
      workerData: data,
      transferList: transfer,
      env,
      execArgv: workerFlags(),
      stdin: false,
      stdout: true,
      stderr: true,
    })
    logOutput(thread.stdout, 'info', { log: spec.hooks.log, worker: spec.index })
    logOutput(thread.stderr, 'warn', { log: spec.hooks.log, worker: spec.index })
    return thread
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw errors.worker_not_startable({ worker: workerName(spec), reason }, error)
  }
}
