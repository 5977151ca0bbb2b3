import { getCompileCacheDir } from 'node:module'
import { MessageChannel, Worker as Thread } from 'node:worker_threads'
import type { Worker, WorkerSpec } from '@pelton/core'
import {
  createBegunMemory,
  createThreadChannel,
  createThreadLink,
  createWireWorker,
  logOutput,
  openBegunMemory,
  type Vessel,
  workerName,
  workerSlots,
} from '@pelton/protocols/worker'
import { errors } from '../errors.ts'
import { hostStart } from './host-start.ts'
import { entryUrl, workerFlags } from './node-flags.ts'
import { portControl } from './port-control.ts'
import { nativeAddonLoaded, type ThreadData } from './thread-data.ts'

/** Runs the function in a thread. */
export async function spawnThread(spec: WorkerSpec, signal?: AbortSignal): Promise<Worker> {
  const link = createThreadLink()
  const begun = createBegunMemory(workerSlots(spec))
  const state = new SharedArrayBuffer(4)
  const line = spec.resident && new MessageChannel()
  const data: ThreadData = { link: link.there, begun, state }
  if (line) data.resident = { port: line.port2, data: spec.resident?.data }
  const thread = startThread(spec, data, [...link.transfer, ...(line ? [line.port2] : [])])
  const worker = await createWireWorker({
    channel: createThreadChannel(link.here, { atTurnEnd: true }),
    vessel: createThreadVessel(thread, new Int32Array(state)),
    worker: workerName(spec),
    start: hostStart(spec),
    trigger: spec.trigger,
    slots: workerSlots(spec),
    begun: openBegunMemory(begun),
    hooks: spec.hooks,
    ...(signal ? { signal } : {}),
  })
  return line ? Object.assign(worker, { resident: portControl(line.port1) }) : worker
}

function startThread(spec: WorkerSpec, data: ThreadData, transfer: NonNullable<ThreadOptions['transferList']>): Thread {
  const cache = getCompileCacheDir()
  const env = { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }), ...spec.env }
  try {
    const thread = new Thread(entryUrl('thread-entry'), {
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

type ThreadOptions = NonNullable<ConstructorParameters<typeof Thread>[1]>

/** A thread as a vessel; `state` is that of its `ThreadData`. */
export function createThreadVessel(thread: Thread, state: Int32Array): Vessel {
  const { promise: gone, resolve } = Promise.withResolvers<string>()
  let how: string | undefined
  thread.on('error', (error: NodeJS.ErrnoException) => {
    how = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'ran out of memory' : `failed: ${error.message}`
  })
  thread.on('exit', (code) => resolve(how ?? `ended with exit code ${code}`))
  return {
    gone,
    kill() {
      // Ending a thread inside native code may abort the process: it was asked to stop, now it is left alone.
      if (Atomics.load(state, nativeAddonLoaded) === 1) {
        thread.unref()
        return resolve('was abandoned, because it has loaded a native addon')
      }
      how ??= 'was ended by force'
      void thread.terminate()
    },
  }
}
