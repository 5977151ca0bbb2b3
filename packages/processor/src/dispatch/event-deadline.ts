import type { Clock, DispatchOptions, EventData, Handled, Outcome, Task, Timer } from '@pelton/core'
import type { Seat } from '../allocation/seat.ts'
import { errors } from '../errors.ts'
import { isStream, releaseAfter } from './outcome.ts'

/** What `spec.eventTimeout` means for one trigger's workers. */
export interface DeadlineRules {
  timeoutMs: number
  /** How long timed-out events may hold places before their worker is replaced. */
  workerTerminationMs: number
}

interface Guarded {
  seat: Seat
  event: EventData
  options: DispatchOptions
  trigger: string
  clock: Clock
  rules: DeadlineRules
}

/** How long a worker's loop may fail to answer after an event's deadline. */
const heartbeatMs = 1000

/**
 * Has a worker handle an event and answers `event_timeout` at its deadline, counted from when the worker begins it.
 * The place stays taken until the handler settles. For a stream the limit holds to each next chunk.
 */
export function handleWithin(guarded: Guarded, release: () => void): { outcome: Promise<Outcome>; task: Task } {
  const { seat, event, options, trigger, clock, rules } = guarded
  const cancel = linkedAbort(options.signal)
  const task = seat.worker.handle(event, { ...options, signal: cancel.signal })
  const outcome = new Promise<Outcome>((resolve) => {
    let timedOut = false
    const expire = (): void => {
      timedOut = true
      const error = errors.event_timeout({ trigger, timeoutMs: rules.timeoutMs })
      cancel.abort(error)
      holdAgainst(guarded, task)
      resolve({ status: 'failed', error })
    }
    const watch = watchDeadline(task, clock, rules.timeoutMs, expire)
    void task.outcome.then((result) => {
      watch.cancel()
      releaseAfter(result, () => {
        cancel.unlink()
        release()
      })
      if (!timedOut) resolve(withIdleLimit(result, guarded, task, cancel))
    })
  })
  return { outcome, task }
}

/** Calls `expire` when the task has run for `timeoutMs`; an event that still waits in its worker has not begun. */
function watchDeadline(task: Task, clock: Clock, timeoutMs: number, expire: () => void): Timer {
  let timer: Timer
  const check = (): void => {
    const begun = task.begunAt()
    const leftMs = begun === undefined ? timeoutMs : begun + timeoutMs - clock.now()
    if (leftMs > 0.5) timer = clock.after(leftMs, check)
    else expire()
  }
  timer = clock.after(timeoutMs, check)
  return { cancel: () => timer.cancel() }
}

/** Keeps the account of a timed-out event, and has its worker replaced when it is stuck. */
function holdAgainst({ seat, clock, rules }: Guarded, task: Task): void {
  if (seat.worker.isProcess && seat.taken === 1) return seat.replace('the only event that its process held timed out')
  seat.timedOut++
  const tooMany = clock.after(rules.workerTerminationMs, () => {
    if (seat.timedOut * 2 >= seat.capacity) {
      seat.replace('timed-out events hold half of its places or more')
    }
  })
  void task.outcome.then(() => {
    seat.timedOut--
    tooMany.cancel()
  })
  void seat.worker.ping(heartbeatMs).then((alive) => {
    if (!alive) seat.replace('its loop did not answer for a second after an event timed out')
  })
}

function withIdleLimit(outcome: Outcome, guarded: Guarded, task: Task, cancel: LinkedAbort): Outcome {
  if (outcome.status === 'failed' || !isStream(outcome.response.body)) return outcome
  const { clock, rules, trigger } = guarded
  const begun = task.begunAt() ?? clock.now()
  const limit: StreamLimit = {
    clock,
    firstMs: Math.max(0, begun + rules.timeoutMs - clock.now()),
    nextMs: rules.timeoutMs,
    expire: () => {
      const error = errors.event_timeout({ trigger, timeoutMs: rules.timeoutMs })
      cancel.abort(error)
      holdAgainst(guarded, { outcome: settledWith(outcome), begunAt: task.begunAt })
      return error
    },
  }
  const body = limitStream(outcome.response.body, limit)
  return { ...outcome, response: { ...outcome.response, body } }
}

function settledWith(outcome: Handled): Promise<Outcome> {
  return outcome.finished.then(
    () => outcome,
    () => outcome,
  )
}

interface StreamLimit {
  clock: Clock
  firstMs: number
  nextMs: number
  expire(): Error
}

/** Breaks a stream off when its producer keeps the reader waiting for longer than the limit. */
async function* limitStream(body: AsyncIterable<Uint8Array>, limit: StreamLimit): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]()
  let waitMs = limit.firstMs
  try {
    for (;;) {
      const step = await nextWithin(source, waitMs, limit)
      if (step.done) return
      yield step.value
      waitMs = limit.nextMs
    }
  } finally {
    // Not awaited: a producer that does not answer must not hold its reader. Its break-off reached the reader already.
    source.return?.().catch(() => undefined)
  }
}

function nextWithin(
  source: AsyncIterator<Uint8Array>,
  waitMs: number,
  limit: StreamLimit,
): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const timer = limit.clock.after(waitMs, () => reject(limit.expire()))
    source.next().then(resolve, reject).finally(timer.cancel)
  })
}

interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  unlink(): void
}

/** A signal of our own that also follows the caller's. */
function linkedAbort(outer: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController()
  const follow = (): void => controller.abort(outer?.reason)
  if (outer?.aborted) follow()
  else outer?.addEventListener('abort', follow)
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => outer?.removeEventListener('abort', follow),
  }
}
