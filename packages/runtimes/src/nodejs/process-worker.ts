import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { getCompileCacheDir } from 'node:module'
import { fileURLToPath } from 'node:url'
import { systemClock, type Worker, type WorkerSpec } from '@pelton/core'
import { createBegunFile, createSocketChannel, createWireWorker, type Vessel } from '@pelton/protocols/worker'
import { errors } from '../errors.ts'
import { hostStart, slotsOf, workerName } from './host-start.ts'
import { logOutput } from './log-output.ts'
import { entryUrl, workerFlags } from './node-flags.ts'

/** How long after a process has exited its socket may take to give the rest of what was written. */
const restMs = 500

/** Runs the function in a child process, the leader of a process group of its own. */
export async function spawnProcess(spec: WorkerSpec, signal?: AbortSignal): Promise<Worker> {
  const begun = createBegunFile(slotsOf(spec))
  const child = startProcess(spec, begun)
  const [, stdout, stderr, wire] = child.stdio as unknown as [null, Readable, Readable, Duplex]
  logOutput(stdout, 'info', { log: spec.hooks.log, worker: spec.index })
  logOutput(stderr, 'warn', { log: spec.hooks.log, worker: spec.index })
  return await createWireWorker({
    channel: createSocketChannel(wire),
    vessel: createProcessVessel(child, wire),
    worker: workerName(spec),
    start: hostStart(spec),
    trigger: spec.trigger,
    slots: slotsOf(spec),
    begun,
    hooks: spec.hooks,
    isProcess: true,
    ...(signal ? { signal } : {}),
  })
}

function startProcess(spec: WorkerSpec, begun: ReturnType<typeof createBegunFile>): ChildProcess {
  const cache = getCompileCacheDir()
  const entry = fileURLToPath(entryUrl('process-entry'))
  try {
    return spawn(process.execPath, [...workerFlags(), entry, `${process.pid}`], {
      // The wire is descriptor 3, the table of begun events 4.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', begun.fd],
      detached: true,
      env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }), ...spec.env },
    })
  } catch (error) {
    begun.close()
    const reason = error instanceof Error ? error.message : String(error)
    throw errors.worker_not_startable({ worker: workerName(spec), reason }, error)
  }
}

function createProcessVessel(child: ChildProcess, wire: Duplex): Vessel {
  const { promise: gone, resolve } = Promise.withResolvers<string>()
  const closed = new Promise<void>((settle) => wire.once('close', settle))
  child.on('error', (error) => resolve(`could not be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`
    // What the handler started must not outlive it, nor hold the socket open.
    killGroup(child)
    const timer = systemClock.after(restMs, () => resolve(how))
    void closed.then(() => {
      timer.cancel()
      resolve(how)
    })
  })
  return { gone, kill: () => killGroup(child) }
}

/** Kills the child and everything it has started, at once: being asked to stop was the gentle way. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left, or the system has no groups.
    child.kill('SIGKILL')
  }
}
