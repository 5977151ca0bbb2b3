import type { ModelFacts, PeltonError, Worker, WorkerEnd, WorkerHooks } from '@pelton/core'
import { systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import type { BegunTable } from './begun-table.ts'
import type { Channel } from './channel.ts'
import type { BodyMemory } from './body-memory.ts'
import { frame, frameType } from './frame.ts'
import type { HostFacts } from './host-facts.ts'
import { WorkerProxy } from './worker-proxy.ts'

/** What a host runs in: a thread or a child process. */
export interface Vessel {
  /** Resolves with how it ended, as the rest of a sentence: `exited with code 1`. */
  readonly gone: Promise<string>
  /** Ends it by force; harmless when it is gone already. `gone` must resolve soon after. */
  kill(): void
}

/** What a worker over the wire is made of. */
export interface WireWorkerOptions {
  channel: Channel
  vessel: Vessel
  /** For messages: `0 of hello`. */
  worker: string
  /** What the host is told to load; JSON. */
  start: unknown
  trigger: { kind: string; name: string }
  /** Most events at a time. */
  slots: number
  begun: BegunTable
  /** Where large bodies are put; the host has been given its descriptor. */
  memory?: BodyMemory | undefined
  hooks: WorkerHooks
  /** See `Worker.atDeadline`; the host may say otherwise. */
  atDeadline?: 'kill' | 'abort'
  /** Gives the start up: the vessel is ended and the promise rejects. */
  signal?: AbortSignal
}

/** How long a vessel whose channel has ended may take to end by itself and so say why. */
const partingMs = 1000

/** A worker whose host speaks the worker wire. Resolves when the host is ready; rejects when it is gone, with why it never was. */
export async function createWireWorker(options: WireWorkerOptions): Promise<Worker> {
  const { vessel, signal } = options
  const worker = new WireWorker(options)
  const cancel = (): void => worker.cancel()
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    await worker.ready
    return worker
  } catch (error) {
    vessel.kill()
    await worker.ended
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

class WireWorker implements Worker {
  readonly ended: Promise<WorkerEnd>
  readonly ready: Promise<void>
  readonly handle: Worker['handle']
  readonly handleBatch: NonNullable<Worker['handleBatch']>
  readonly #options: WireWorkerOptions
  readonly #proxy: WorkerProxy
  #facts: HostFacts | undefined
  #stopping = false
  /** Why the end was brought about from this side; otherwise the vessel says why it ended. */
  #verdict: PeltonError | undefined

  constructor(options: WireWorkerOptions) {
    this.#options = options
    this.#proxy = new WorkerProxy({ ...options, onClose: (error) => this.#closed(error) })
    options.channel.send(frame(frameType.start, 0, JSON.stringify(options.start)))
    this.ready = this.#proxy.ready.then((facts) => void (this.#facts = facts))
    this.ready.catch(() => undefined)
    this.handle = (event, handleOptions) => this.#proxy.handle(event, handleOptions)
    this.handleBatch = (events, batchOptions) => this.#proxy.handleBatch(events, batchOptions)
    this.ended = options.vessel.gone.then((how) => this.#end(how))
  }

  get concurrency(): number {
    return this.#facts?.concurrency ?? Infinity
  }

  get ahead(): number {
    return this.#facts?.ahead ?? 0
  }

  get atDeadline(): 'kill' | 'abort' {
    return this.#facts?.atDeadline ?? this.#options.atDeadline ?? 'abort'
  }

  get models(): readonly ModelFacts[] | undefined {
    return this.#facts?.models
  }

  ping(timeoutMs: number): Promise<boolean> {
    return this.#proxy.ping(timeoutMs)
  }

  async stop(deadlineMs: number): Promise<void> {
    const { channel, vessel, worker } = this.#options
    this.#stopping = true
    this.#proxy.refuse(() => errors.worker_stopping({ worker }))
    const budget = Buffer.allocUnsafe(4)
    budget.writeUInt32LE(Math.min(Math.max(0, Math.floor(deadlineMs)), 0xffff_ffff))
    channel.send(frame(frameType.stop, 0, '', budget))
    const timer = systemClock.after(deadlineMs, () => vessel.kill())
    await this.ended
    timer.cancel()
  }

  cancel(): void {
    this.#giveUp(errors.worker_start_cancelled({ worker: this.#options.worker }))
  }

  /** The peer's end of the channel is closed: either it is ending, or it will never be heard of again. */
  #closed(breach?: Error): void {
    const { vessel, worker } = this.#options
    if (breach) return this.#giveUp(errors.wire_broken({ worker, reason: breach.message }, breach))
    const timer = systemClock.after(partingMs, () => vessel.kill())
    void vessel.gone.then(() => timer.cancel())
  }

  #giveUp(verdict: PeltonError): void {
    this.#verdict ??= verdict
    this.#options.vessel.kill()
  }

  /** Nothing fails before the vessel is gone: an event is given to another worker only when this one cannot run it any more. */
  #end(how: string): WorkerEnd {
    const { channel, worker } = this.#options
    channel.close()
    const lost = this.#facts ? errors.worker_lost({ worker, how }) : errors.worker_not_started({ worker, how })
    const error = this.#verdict ?? lost
    this.#proxy.lose(error)
    return this.#stopping ? {} : { error }
  }
}
