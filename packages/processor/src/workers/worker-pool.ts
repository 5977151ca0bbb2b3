import type { Clock, ModelFacts, PeltonLogger, Runtime, Worker, WorkerHooks, WorkerSpec } from '@pelton/core'
import { type BackoffRules, backoffMs, isPeltonError } from '@pelton/core'
import { AheadQueue } from '../allocation/ahead-queue.ts'
import { Allocator } from '../allocation/allocator.ts'
import type { Seat } from '../allocation/seat.ts'

/** What one pool of equal workers is made of. */
export interface WorkerPoolParts {
  /** The trigger's name, or the shared pool's. */
  name: string
  numWorkers: number
  /** A spec for the worker of this index, without hooks. */
  spec: (index: number) => Omit<WorkerSpec, 'hooks'>
  hooks: (index: number) => Pick<WorkerHooks, 'log' | 'call'>
  runtime: Runtime
  clock: Clock
  logger: PeltonLogger
  workerTerminationMs: number
  /** Whether the specs' `concurrency` was asked for: then it is told that a handler bears less. */
  isConcurrencyConfigured?: boolean
  /** Told whenever a worker comes or goes. */
  onChange: () => void
}

/** Why workers were replaced, for the metrics. */
export type Restarts = Record<'died' | 'fault' | 'stuck', number>

/** A seat of this pool, with the whole of its worker. */
interface SeatedWorker extends Seat {
  readonly worker: Worker
  readonly since: number
}

interface Place {
  readonly index: number
  seated: SeatedWorker | undefined
  /** Workers in a row that died or faulted soon. */
  failures: number
  /** Starts in a row that failed. */
  failedStarts: number
  /** A worker is being started for it, or waited for. */
  filling: boolean
}

/** A worker that did start is replaced soon all the same: else one event a second could keep a function down. */
const deathRules: BackoffRules = { firstMs: 100, mostMs: 1000 }
/** A worker that lived this long is not to blame for the next one's back-off. */
const healthyMs = 10_000

/** Keeps `numWorkers` workers running: replaces those that die, faulted or are stuck. */
export class WorkerPool {
  readonly parts: WorkerPoolParts
  readonly allocator: Allocator
  readonly restarts: Restarts = { died: 0, fault: 0, stuck: 0 }
  readonly #places: Place[]
  readonly #leaving = new Set<SeatedWorker>()
  readonly #stopping = new AbortController()
  #models: readonly ModelFacts[] | undefined

  constructor(parts: WorkerPoolParts) {
    this.parts = parts
    this.allocator = new Allocator(parts.numWorkers, parts.clock)
    this.#places = Array.from({ length: parts.numWorkers }, (_, index) => ({
      index,
      seated: undefined,
      failures: 0,
      failedStarts: 0,
      filling: false,
    }))
  }

  /** Workers that take events. */
  get readyWorkers(): number {
    return this.#places.filter(({ seated }) => seated && !seated.retired).length
  }

  /** Events at a time in one worker: what the spec asks for, or as many as its workers bear. */
  get concurrency(): number {
    const capacities = this.#places.flatMap(({ seated }) => (seated ? [seated.capacity] : []))
    return capacities.length > 0 ? Math.min(...capacities) : this.parts.spec(0).concurrency
  }

  /** The models that its workers run by themselves; undefined: they run a handler. While none is there, those of the last one. */
  get models(): readonly ModelFacts[] | undefined {
    return this.#models
  }

  /** Starts all workers side by side; rejects with the first failure, when those that did start have been stopped. */
  async start(): Promise<void> {
    const results = await Promise.allSettled(this.#places.map((place) => this.#fill(place)))
    const failed = results.find((result) => result.status === 'rejected')
    if (!failed) return this.#noteConcurrency()
    await this.stop(this.parts.workerTerminationMs)
    throw failed.reason
  }

  /** Stops all workers within the deadline; those who wait for one are refused. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort()
    this.allocator.stop()
    for (const seated of this.#leaving) void this.#end(seated, deadlineMs)
    for (const place of this.#places) {
      if (place.seated) this.#leave(place, place.seated, deadlineMs)
    }
    await Promise.all([...this.#leaving].map((seated) => seated.worker.ended))
  }

  async #fill(place: Place): Promise<void> {
    const { parts } = this
    const { index } = place
    // A fault can be reported before the worker is seated: it is kept until then.
    let early: string | undefined
    let retire = (reason: string): void => void (early = reason)
    const fault: WorkerHooks['fault'] = ({ message }) => retire(message)
    const hooks = { ...parts.hooks(index), fault }
    const worker = await parts.runtime.spawn({ ...parts.spec(index), hooks }, this.#stopping.signal)
    const seated = this.#seat(place, worker)
    place.seated = seated
    this.#models = worker.models
    place.failedStarts = 0
    // Before anything can retire it: its own replacement must not be taken for this one.
    place.filling = false
    retire = (reason) => this.#retire(place, seated, reason)
    this.allocator.add(seated)
    void worker.ended.then((end) => this.#ended(place, seated, end.error?.message))
    parts.onChange()
    if (this.#stopping.signal.aborted) this.#leave(place, seated, 0)
    else if (early !== undefined) retire(early)
  }

  #noteConcurrency(): void {
    const { isConcurrencyConfigured, spec, logger, name } = this.parts
    const configured = spec(0).concurrency
    const { concurrency } = this
    if (!isConcurrencyConfigured || concurrency >= configured) return
    const hint = 'make the handler async, or raise numWorkers'
    logger.warn('concurrency_reduced', { pool: name, configured, concurrency, hint })
  }

  #seat(place: Place, worker: Worker): SeatedWorker {
    const { parts } = this
    const { concurrency, batchSize } = parts.spec(place.index)
    const takesAhead = worker.ahead !== undefined && worker.ahead > 0 && batchSize === undefined
    const seated: SeatedWorker = {
      index: place.index,
      worker,
      since: parts.clock.now(),
      capacity: Math.max(1, Math.min(concurrency, worker.concurrency ?? concurrency)),
      ahead: takesAhead ? new AheadQueue(worker.ahead, parts.clock) : undefined,
      taken: 0,
      timedOut: 0,
      retired: false,
      replace: (reason) => this.#replaceNow(place, seated, reason),
    }
    return seated
  }

  /** The replacement starts first; the old one takes no more events and ends when it holds none. */
  #retire(place: Place, seated: SeatedWorker, reason: string): void {
    if (seated.retired || this.#stopping.signal.aborted) return
    this.restarts.fault++
    this.parts.logger.warn('worker_retired', { worker: place.index, pool: this.parts.name, reason })
    seated.retired = true
    seated.ahead?.recall()
    this.#noteHealth(place, seated)
    this.parts.onChange()
    void this.#refill(place, place.failures++ > 0).then(() =>
      this.#leave(place, seated, this.parts.workerTerminationMs),
    )
  }

  /** A stuck worker is ended at once; what it holds fails. One that has left its place already is not replaced again. */
  #replaceNow(place: Place, seated: SeatedWorker, reason: string): void {
    if (this.#stopping.signal.aborted || place.seated !== seated) return
    this.restarts.stuck++
    this.parts.logger.error('worker_stuck', { worker: place.index, pool: this.parts.name, reason })
    seated.retired = true
    seated.ahead?.recall()
    this.#leave(place, seated, 0)
    this.parts.onChange()
    void this.#refill(place, false)
  }

  #ended(place: Place, seated: SeatedWorker, reason: string | undefined): void {
    const expected = seated.retired || this.#stopping.signal.aborted
    seated.retired = true
    this.allocator.remove(seated)
    if (place.seated === seated) place.seated = undefined
    this.parts.onChange()
    if (expected) {
      // That workers end with the processor is worth no line.
      const level = this.#stopping.signal.aborted ? 'debug' : 'info'
      this.parts.logger[level]('worker_ended', { worker: place.index, pool: this.parts.name })
      return
    }
    this.restarts.died++
    this.parts.logger.error('worker_died', { worker: place.index, pool: this.parts.name, reason })
    this.#noteHealth(place, seated)
    void this.#refill(place, place.failures++ > 0)
  }

  #noteHealth(place: Place, seated: SeatedWorker): void {
    if (this.parts.clock.now() - seated.since >= healthyMs) place.failures = 0
  }

  /** Tries until a worker runs in the place or the pool stops; the first try comes at once, unless `wait`. */
  async #refill(place: Place, wait: boolean): Promise<void> {
    if (place.filling) return
    const { clock, logger, name } = this.parts
    const stopping = this.#stopping.signal
    place.filling = true
    if (wait) await clock.sleep(backoffMs(place.failures, deathRules), stopping)
    while (!stopping.aborted) {
      try {
        return await this.#fill(place)
      } catch (error) {
        // The stop has given it up.
        if (stopping.aborted) return
        const failures = ++place.failedStarts
        const reason = isPeltonError(error) ? error.message : String(error)
        logger.error('worker_start_failed', { worker: place.index, pool: name, reason, failures })
        await clock.sleep(backoffMs(failures), stopping)
      }
    }
  }

  #leave(place: Place, seated: SeatedWorker, deadlineMs: number): void {
    seated.retired = true
    this.allocator.remove(seated)
    if (place.seated === seated) place.seated = undefined
    this.#leaving.add(seated)
    void this.#end(seated, deadlineMs).then(() => this.#leaving.delete(seated))
  }

  async #end(seated: SeatedWorker, deadlineMs: number): Promise<void> {
    try {
      await seated.worker.stop(deadlineMs)
    } catch (error) {
      this.parts.logger.error('worker_stop_failed', { worker: seated.index, reason: String(error) })
    }
  }
}
