import { MetricsRegion } from './metrics-region.ts'

/** All counters of one trigger. They never go back, however many workers come and go. */
export class TriggerMetrics {
  /** Written by the main thread: waiting for workers, and events that reached none. */
  readonly own = new MetricsRegion()
  readonly #byWorker: MetricsRegion[] = []
  readonly #live = new Map<MetricsRegion, number>()

  /** The base of the worker of this index, which the main thread writes. */
  worker(index: number): MetricsRegion {
    return (this.#byWorker[index] ??= new MetricsRegion())
  }

  /** A region for a worker that counts in its own thread. */
  open(index: number): MetricsRegion {
    const region = new MetricsRegion()
    this.#live.set(region, index)
    return region
  }

  /** Folds the region of a worker that ended into its index's base. */
  close(region: MetricsRegion): void {
    const index = this.#live.get(region)
    if (index === undefined) return
    this.#live.delete(region)
    this.worker(index).fold(region)
  }

  /** The sum of the worker of this index. */
  sumOfWorker(index: number): MetricsRegion {
    const sum = new MetricsRegion()
    const base = this.#byWorker[index]
    if (base) sum.fold(base)
    for (const [region, of] of this.#live) if (of === index) sum.fold(region)
    return sum
  }

  /** The sum of everything. */
  sum(): MetricsRegion {
    const sum = new MetricsRegion()
    for (const region of [this.own, ...this.#byWorker, ...this.#live.keys()]) if (region) sum.fold(region)
    return sum
  }

  /** Indexes of workers that have counted something. */
  workers(): number[] {
    const indexes = new Set([...this.#byWorker.keys(), ...this.#live.values()])
    return [...indexes].toSorted((a, b) => a - b)
  }
}
