import type { Clock, Resident, Runtime, Worker } from '@pelton/core'
import type { TriggerConfig } from '../config/function-config.ts'
import { TriggerMetrics } from '../metrics/trigger-metrics.ts'
import type { TriggerState } from '../triggers/trigger-supervisor.ts'
import { WorkerPool, type WorkerPoolParts } from '../workers/worker-pool.ts'
import type { PlacedTrigger } from './placed-trigger.ts'
import { reserveAddress } from './reserve-address.ts'
import type { ResidentData, ToResident } from './resident-messages.ts'
import { createResidentRuntime } from './resident-runtime.ts'

/** What a trigger inside its workers needs. */
export interface InWorkerTriggerParts {
  config: TriggerConfig
  concurrency: number
  runtime: Runtime
  pool: Omit<WorkerPoolParts, 'runtime'>
  clock: Clock
  onChange: () => void
  /** The address is ours already: a former version of this trigger listens on it. */
  inherited?: string | undefined
}

/** Runs a copy of a trigger in each worker's thread; they share the address. */
export class InWorkerTrigger implements PlacedTrigger {
  readonly placement = 'worker'
  readonly metrics = new TriggerMetrics()
  readonly notes: string[] = []
  readonly pool: WorkerPool
  readonly #parts: InWorkerTriggerParts
  readonly #copies = new Map<Worker, TriggerState>()
  #url: string | undefined
  #stopping = false

  constructor(parts: InWorkerTriggerParts) {
    this.#parts = parts
    this.#url = parts.inherited
    const runtime = createResidentRuntime({
      runtime: parts.runtime,
      clock: parts.clock,
      resident: (index) => this.#resident(index),
      onState: (worker, state) => this.#note(worker, state),
      isReplaced: () => !this.#stopping,
    })
    this.pool = new WorkerPool({ ...parts.pool, runtime })
  }

  /** The address that all copies share, once it is known. */
  get address(): string | undefined {
    return this.#url
  }

  get waiting(): number {
    return this.pool.allocator.waiting
  }

  get inFlight(): number {
    return this.pool.allocator.inFlight
  }

  get state(): Readonly<TriggerState> {
    const copies = [...this.#copies.values()]
    const urls = [...new Set(copies.flatMap((copy) => copy.urls))]
    if (copies.some((copy) => copy.ready)) return { ready: true, urls }
    return { ready: false, why: copies[0]?.why ?? 'starting', urls }
  }

  noteServing(isStopping: boolean): void {
    if (isStopping) for (const { resident } of this.#copies.keys()) resident?.send('stopping' satisfies ToResident)
  }

  async start(): Promise<void> {
    const release = await this.#reserve()
    try {
      await this.pool.start()
    } finally {
      await release?.()
    }
  }

  async stop(deadlineMs: number): Promise<boolean> {
    const { clock } = this.#parts
    const since = clock.now()
    this.#stopping = true
    await this.pool.stop(deadlineMs)
    return clock.now() - since < deadlineMs
  }

  async #reserve(): Promise<(() => Promise<void>) | undefined> {
    const { settings, manifest } = this.#parts.config
    const [wanted] = manifest.manifest.listens?.(settings) ?? []
    if (!wanted || this.#url !== undefined) return undefined
    const { host, port, movedFrom, release } = await reserveAddress(settings.name, wanted)
    this.#url = `${host.includes(':') ? `[${host}]` : host}:${port}`
    if (movedFrom !== undefined) this.notes.push(`${settings.name}: port ${movedFrom} is taken, ${port} is used`)
    return release
  }

  #resident(index: number): { resident: Resident; gone: () => void } {
    const { config, concurrency } = this.#parts
    const region = this.metrics.open(index)
    const data: ResidentData = {
      manifestModule: config.manifest.module,
      settings: {
        ...config.settings,
        sharedAddress: true,
        ...(this.#url === undefined ? {} : { url: this.#url }),
      },
      concurrency,
      workerWaitMs: config.workerWaitMs,
      metrics: region.memory,
    }
    return { resident: { module: residentModule, data }, gone: () => this.metrics.close(region) }
  }

  #note(worker: Worker, state: TriggerState | undefined): void {
    if (state) this.#copies.set(worker, state)
    else this.#copies.delete(worker)
    this.#parts.onChange()
  }
}

/** Resolved by the package's `imports`: TypeScript in the repository, JavaScript when published. */
const residentModule = import.meta.resolve('#resident')
