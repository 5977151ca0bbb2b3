import type { Clock, Timer } from '@pelton/core'
import { InferenceError } from '@pelton/protocols/inference'
import { BatchLine, type InLine } from './batch-line.ts'
import {
  type BatchAnswer,
  type BatchRequest,
  RowsLost,
  rowsProblem,
  type RunModel,
  runRequests,
  type TimedRequest,
} from './batch-run.ts'
import { batchKey, mostRows } from './batch-tensors.ts'

export interface BatchOptions {
  /** Most rows of a run; 0: each request is run by itself. */
  maxBatchSize: number
  /**
   * How long at most a request waits for others while there is room, and up to a quarter and a millisecond less; 0: only
   * those that are there already run with it.
   */
  maxQueueDelayUs: number
  /** Never called before its last run has settled. */
  run: RunModel
  clock: Clock
  /** Told once why each request is run by itself from now on: the model does not bear joined rows. */
  onJoiningEnd?(reason: string): void
}

interface Waiting extends InLine, TimedRequest {
  resolve(answer: BatchAnswer): void
  reject(error: unknown): void
}

/** So many joined runs that fail, though their requests by themselves do not, end the joining. */
const maxJoinFailures = 3

/**
 * The requests of one model: runs one at a time, oldest first, and joins the rows of those that can run together. The
 * number of events that its worker takes at a time bounds it.
 */
export class BatchQueue {
  readonly #options: BatchOptions
  readonly #line: BatchLine<Waiting>
  /** A run is going on, or the line is about to be looked at. */
  #isBusy = false
  /** So much earlier than it must, a request leaves: timers know whole milliseconds only, and what is left of them costs CPU. */
  readonly #earlyMs: number
  #timer: Timer | undefined
  #order = 0
  #joins: boolean
  /** In a row. */
  #joinFailures = 0

  constructor(options: BatchOptions) {
    const { maxBatchSize, maxQueueDelayUs } = options
    this.#options = options
    this.#earlyMs = Math.min(1, maxQueueDelayUs / 4000)
    this.#joins = maxBatchSize > 0
    this.#line = new BatchLine({ maxRows: maxBatchSize, delayMs: maxQueueDelayUs / 1000 })
  }

  /**
   * The answer to a request. Rejects with the error of its own run; at once with InferenceError 400 when it has more rows
   * than a run may have; with the reason of `signal` when that aborts before its run begins.
   */
  add(request: BatchRequest, signal?: AbortSignal): Promise<BatchAnswer> {
    const { maxBatchSize, clock } = this.#options
    const rows = maxBatchSize > 0 ? mostRows(request.inputs) : 1
    if (rows > 1 && rows > maxBatchSize) return Promise.reject(tooManyRows(rows, maxBatchSize))
    const { promise, resolve, reject } = Promise.withResolvers<BatchAnswer>()
    const key = this.#joins ? keyOf(request) : undefined
    this.#line.add({ request, key, rows, order: this.#order++, since: clock.now(), signal, resolve, reject })
    this.#wake()
    return promise
  }

  /** Runs each request by itself from now on. */
  endJoining(reason: string): void {
    if (this.#joins) this.#options.onJoiningEnd?.(reason)
    this.#joins = false
  }

  /**
   * Looks at the line in the next turn of the loop: a run blocks the thread, so what came meanwhile is only read, and put
   * in line, in that turn.
   */
  readonly #wake = (): void => {
    if (this.#isBusy) return
    this.#isBusy = true
    setImmediate(this.#look)
  }

  readonly #look = (): void => {
    this.#timer?.cancel()
    const now = this.#options.clock.now()
    const batch = this.#line.take(now + this.#earlyMs)
    if (batch.length > 0) return void this.#run(batch)
    this.#isBusy = false
    if (this.#line.isEmpty) return
    const leftMs = this.#line.readyAt() - now
    // What no timer can measure is waited for turn by turn.
    if (leftMs < 1) this.#wake()
    else this.#timer = this.#options.clock.after(leftMs, this.#wake)
  }

  async #run(taken: readonly Waiting[]): Promise<void> {
    const batch = taken.filter(isWanted)
    if (batch.length > 1 && this.#joins) await this.#runJoined(batch)
    else for (const waiting of batch) await this.#runAlone(waiting)
    this.#isBusy = false
    if (!this.#line.isEmpty) this.#wake()
  }

  async #runJoined(batch: readonly Waiting[]): Promise<void> {
    const { run, clock } = this.#options
    let failure: unknown
    try {
      const answers = await runRequests(batch, run, clock)
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer)
      this.#joinFailures = 0
      return
    } catch (error) {
      failure = error
    }
    if (failure instanceof RowsLost) this.endJoining(failure.message)
    // Whose fault it was shows when each is run by itself; then it is the only one that fails.
    let hasFailed = false
    for (const waiting of batch) if (isWanted(waiting) && !(await this.#runAlone(waiting))) hasFailed = true
    if (!hasFailed && ++this.#joinFailures >= maxJoinFailures) this.endJoining(String(failure))
  }

  /** Whether the run succeeded. */
  async #runAlone(waiting: Waiting): Promise<boolean> {
    try {
      const [answer] = await runRequests([waiting], this.#options.run, this.#options.clock)
      waiting.resolve(answer!)
      const problem = waiting.key === undefined ? undefined : rowsProblem(answer!.outputs, waiting.rows)
      if (problem !== undefined) this.endJoining(problem)
      return true
    } catch (error) {
      waiting.reject(error)
      return false
    }
  }
}

/** False for one that nobody waits for any more; it is rejected. */
function isWanted({ signal, reject }: Waiting): boolean {
  if (signal?.aborted !== true) return true
  reject(signal.reason)
  return false
}

/** Requests that ask for different outputs do not run together either. */
function keyOf({ inputs, outputs }: BatchRequest): string | undefined {
  const key = batchKey(inputs)
  if (key === undefined || outputs === undefined) return key
  return outputs.reduce((text, name) => `${text}${name.length}:${name}`, `${key}>`)
}

function tooManyRows(rows: number, maxBatchSize: number): InferenceError {
  return new InferenceError(
    400,
    `the request has ${rows} rows, the model takes at most ${maxBatchSize} at a time (maxBatchSize): split it`,
  )
}
