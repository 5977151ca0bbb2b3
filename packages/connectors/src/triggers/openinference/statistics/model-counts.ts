import type { RunFacts } from '@pelton/protocols/inference'
import { RunningInference } from './running-inference.ts'

/** Why a request failed, in Triton's words: no worker took it, its client left, its run failed, or anything else. */
export const failureReasons = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const
export type FailureReason = (typeof failureReasons)[number]

/** Sums over all runs of one size, in milliseconds. */
export interface BatchCounts {
  runs: number
  inputMs: number
  inferMs: number
  outputMs: number
}

/** When a request was over. */
export interface EndTimes {
  /** `Clock.now()`. */
  now: number
  /** `Clock.wall()`. */
  wall: number
}

/** More sizes of batches are not told apart. */
const mostBatchSizes = 512

/** What became of the requests for one model: sums since the trigger began, in milliseconds. */
export class ModelCounts {
  successes = 0
  successMs = 0
  readonly failures: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 }
  failureMs = 0
  /** These five are of successes only. */
  queueMs = 0
  inputMs = 0
  inferMs = 0
  outputMs = 0
  rows = 0
  runs = 0
  /** By their rows. */
  readonly batches = new Map<number, BatchCounts>()
  /** Wall-clock milliseconds of the last success; 0 before the first. */
  lastAt = 0
  readonly #running = new Set<RunningInference>()

  /** Requests that no worker has been given yet. */
  get pending(): number {
    let pending = 0
    for (const { sentAt } of this.#running) if (sentAt === undefined) pending += 1
    return pending
  }

  get running(): number {
    return this.#running.size
  }

  /** A request of so many rows comes in; it is over by `succeed` or `fail`. */
  begin(now: number, rows: number): RunningInference {
    const running = new RunningInference(now, rows)
    this.#running.add(running)
    return running
  }

  /** Without facts of its run it was a run by itself, and all the time in the worker was the inference. */
  succeed(running: RunningInference, { now, wall }: EndTimes, run: RunFacts | undefined): void {
    if (!this.#running.delete(running)) return
    const { begunAt, sentAt = begunAt, rows } = running
    this.successes += 1
    this.successMs += now - begunAt
    this.rows += rows
    this.lastAt = wall
    this.queueMs += sentAt - begunAt + (run ? run.queueUs / 1000 : 0)
    const inferMs = run ? run.inferUs / 1000 : now - sentAt
    const inputMs = run ? run.inputUs / 1000 : 0
    const outputMs = run ? run.outputUs / 1000 : 0
    this.inputMs += inputMs
    this.inferMs += inferMs
    this.outputMs += outputMs
    if (run?.isFirst === false) return
    this.runs += 1
    const batch = this.#batch(run?.rows ?? rows)
    if (!batch) return
    batch.runs += 1
    batch.inputMs += inputMs
    batch.inferMs += inferMs
    batch.outputMs += outputMs
  }

  /** Nothing happens when it is over already. */
  fail(running: RunningInference, now: number, reason: FailureReason): void {
    if (!this.#running.delete(running)) return
    this.failures[reason] += 1
    this.failureMs += now - running.begunAt
  }

  /** Counts one that never got as far as to be under way. */
  refuse(): void {
    this.failures.OTHER += 1
  }

  #batch(rows: number): BatchCounts | undefined {
    const known = this.batches.get(rows)
    if (known || this.batches.size >= mostBatchSizes) return known
    const batch = { runs: 0, inputMs: 0, inferMs: 0, outputMs: 0 }
    this.batches.set(rows, batch)
    return batch
  }
}
