/** Upper bounds of the latency and wait histograms, in seconds; one more bucket takes the rest. */
export const bucketBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

const buckets = bucketBounds.length + 1
const layout = {
  handledSuccess: 0,
  handledFailure: 1,
  allocations: 2,
  allocatedAtOnce: 3,
  allocatedAfterWait: 4,
  allocationTimeouts: 5,
  waitMsSum: 6,
  freePercentageSum: 7,
  durationMsSum: 8,
  durationCount: 9,
  eventTimeouts: 10,
} as const
const durationAt = 11
const waitAt = durationAt + buckets
const length = waitAt + buckets

/** Name of a counter. */
export type Counter = keyof typeof layout

/** Bytes of one region. */
const regionBytes = length * Float64Array.BYTES_PER_ELEMENT

/**
 * Counters of one trigger in one worker, in shared memory: one thread writes, the main thread reads.
 * A 64-bit store does not tear on the machines that Node.js runs on, so neither side locks.
 */
export class MetricsRegion {
  readonly memory: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(regionBytes)) {
    this.memory = memory
    this.#cells = new Float64Array(memory)
  }

  /** Adds to a counter. */
  add(counter: Counter, amount = 1): void {
    const at = layout[counter]
    this.#cells[at] = (this.#cells[at] ?? 0) + amount
  }

  /** The counter's value. */
  get(counter: Counter): number {
    return this.#cells[layout[counter]] ?? 0
  }

  /** Counts one handled event and its time in the worker, in milliseconds. */
  observeDuration(ms: number): void {
    this.add('durationMsSum', ms)
    this.add('durationCount')
    this.#observe(durationAt, ms)
  }

  /** Counts the wait of some events for a worker, in milliseconds; 0 when there was none. */
  observeWait(ms: number, events = 1): void {
    this.#observe(waitAt, ms, events)
  }

  /** Counts per bucket, not accumulated. */
  histogram(of: 'duration' | 'wait'): number[] {
    const from = of === 'duration' ? durationAt : waitAt
    return Array.from(this.#cells.subarray(from, from + buckets))
  }

  /** Adds all of another region, as when its worker has ended. */
  fold(other: MetricsRegion): void {
    for (let i = 0; i < length; i++) this.#cells[i] = (this.#cells[i] ?? 0) + (other.#cells[i] ?? 0)
  }

  #observe(from: number, ms: number, events = 1): void {
    const seconds = ms / 1000
    let bucket = 0
    while (bucket < bucketBounds.length && seconds > (bucketBounds[bucket] ?? Infinity)) bucket++
    this.#cells[from + bucket] = (this.#cells[from + bucket] ?? 0) + events
  }
}

/** Counts an event that a trigger answered itself: see `TriggerContext.count`. */
export function countAnswered(region: MetricsRegion, result: 'success' | 'failure'): void {
  region.add(result === 'success' ? 'handledSuccess' : 'handledFailure')
}
