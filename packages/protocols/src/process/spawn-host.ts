import type { StdioOptions } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { isPeltonError, type PeltonError, systemClock, type Worker, type WorkerSpec } from '@pelton/core'
import { errors } from '../errors.ts'
import {
  type BodyMemory,
  type BegunTable,
  createBegunFile,
  createBegunLine,
  createBodyMemory,
  createSocketChannel,
  createWireWorker,
  logOutput,
  type Vessel,
  workerName,
  workerSlots,
} from '../worker/index.ts'
import { type Command, type ProcessGroup, startProcess } from './process-group.ts'

/** What a host process may use of the worker wire. */
export interface HostOptions {
  /** Gives large bodies by shared memory: descriptor 5. Default false. */
  sharesMemory?: boolean
  /** See `Worker.atDeadline`; the host may say otherwise. Default `kill`. */
  atDeadline?: 'kill' | 'abort'
  /** The host may keep no marks: one of an event at a time, none ahead, is taken to begin them as they come. Default false. */
  beginsInOrder?: boolean
  /** Gives the start up: the process is killed and the promise rejects. */
  signal?: AbortSignal | undefined
}

/** How long after a process has exited its socket may take to give the rest of what was written. */
const restMs = 500

/**
 * Runs a host that speaks the worker wire (docs/worker-wire.md) in a process of its own: descriptor 3 is the socket, 4 the
 * table of begun events. Its output becomes log records. Rejects with why it never was ready.
 */
export async function spawnHost(command: Command, spec: WorkerSpec, options: HostOptions = {}): Promise<Worker> {
  const worker = workerName(spec)
  const slots = workerSlots(spec)
  const begun = openTable(worker, slots)
  const memory = options.sharesMemory ? createBodyMemory((reason) => warnOfMemory(spec, reason)) : undefined
  const group = await startHost(command, worker, begun, memory)
  const table = withOrder(begun)
  const [, stdout, stderr, wire] = group.child.stdio as unknown as [null, Readable, Readable, Duplex]
  logOutput(stdout, 'info', { log: spec.hooks.log, worker: spec.index })
  logOutput(stderr, 'warn', { log: spec.hooks.log, worker: spec.index })
  const { hooks, resident: _, ...facts } = spec
  const host: Worker = await createWireWorker({
    channel: createSocketChannel(wire),
    vessel: createVessel(group, [wire, stdout, stderr]),
    worker,
    start: memory === undefined ? facts : { ...facts, memory: true },
    trigger: spec.trigger,
    slots,
    begun: table,
    memory,
    hooks,
    atDeadline: options.atDeadline ?? 'kill',
    ...(options.signal ? { signal: options.signal } : {}),
  })
  // Before the first event.
  if (options.beginsInOrder && takesOneByOne(host, spec)) table.begins = 'in order'
  return host
}

function takesOneByOne({ concurrency = Infinity, ahead = 0 }: Worker, spec: WorkerSpec): boolean {
  return Math.min(concurrency, spec.concurrency) === 1 && ahead === 0
}

function openTable(worker: string, slots: number): ReturnType<typeof createBegunFile> {
  try {
    return createBegunFile(slots)
  } catch (error) {
    throw shortOfFiles(worker, error)
  }
}

async function startHost(
  command: Command,
  worker: string,
  begun: BegunTable & { readonly fd: number },
  memory: BodyMemory | undefined,
): Promise<ProcessGroup> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'pipe', begun.fd, memory?.fd ?? 'ignore']
  try {
    const group = startProcess(command, stdio)
    if (hasStreams(group)) return group
    throw shortOfFiles(worker, new Error((await group.ended).failure))
  } catch (error) {
    begun.close()
    memory?.close()
    if (isPeltonError(error)) throw error
    throw errors.host_not_startable({ worker, reason: reasonOf(error) }, error)
  }
}

/** Without descriptors left for pipes Node.js makes no streams at all, whatever the types say; why is told by the end. */
function hasStreams({ child }: ProcessGroup): boolean {
  return (child.stdio as unknown) !== undefined
}

function shortOfFiles(worker: string, error: unknown): PeltonError {
  return errors.host_short_of_files({ worker, reason: reasonOf(error) }, error)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The marks of the host, and where it keeps none the order of its events, once that is known to be one after the other. */
function withOrder(marks: BegunTable): BegunTable & { begins: 'as marked' | 'in order' } {
  const line = createBegunLine()
  const table: ReturnType<typeof withOrder> = {
    ...marks,
    begins: 'as marked',
    read: (id) => marks.read(id) ?? (table.begins === 'in order' ? line.read(id) : undefined),
    sent: (id) => (table.begins === 'in order' ? line.sent?.(id) : undefined),
    done: (id) => (table.begins === 'in order' ? line.done?.(id) : undefined),
  }
  return table
}

/** Gone when the process has ended and the rest of its socket and its output have been read. */
function createVessel(group: ProcessGroup, streams: readonly Readable[]): Vessel {
  const closed = Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve))))
  const rested = async (): Promise<string> => {
    const { how, failure } = await group.ended
    if (failure !== undefined) return how
    const waiting = new AbortController()
    await Promise.race([closed, systemClock.sleep(restMs, waiting.signal)])
    waiting.abort()
    return how
  }
  return { gone: rested(), kill: group.kill }
}

function warnOfMemory({ hooks, index }: WorkerSpec, reason: string): void {
  const facts = { reason, hint: 'large bodies are sent by the socket, which is slower' }
  hooks.log({ time: Date.now(), level: 'warn', message: 'shared_memory_full', facts, worker: index })
}
