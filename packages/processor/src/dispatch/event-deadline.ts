import type {
  Clock,
  DispatchOptions,
  EventData,
  HandleOptions,
  Handled,
  Outcome,
  PeltonError,
  Task,
  Timer,
} from '@pelton/core'
import type { Seat } from '../allocation/seat.ts'
import { errors } from '../errors.ts'
import { isUnbegun } from './given-event.ts'
import { type LinkedAbort, linkedAbort } from './linked-abort.ts'
import { isStream, releaseAfter } from './outcome.ts'
import { limitStream } from './stream-limit.ts'

/** What `spec.eventTimeout` means for one trigger's workers. */
export interface DeadlineRules {
  /** Infinity: none. */
  timeoutMs: number
  /** How long timed-out events may hold places before their worker is replaced. */
  workerTerminationMs: number
}

interface Watched {
  seat: Seat
  trigger: string
  clock: Clock
  rules: DeadlineRules
}

/** One event that is to be handled within its time. */
interface Guarded extends Watched {
  event: EventData
  options: DispatchOptions
}

/** A batch that is to be handled within its time; `options[i]` is the i-th event's. */
interface GuardedBatch extends Watched {
  events: EventData[]
  options: HandleOptions[]
}

/** A task whose caller gets `outcome`, which may come before the worker is done with it. */
export interface GuardedTask {
  outcome: Promise<Outcome>
  task: Task
}

/** How long a worker's loop may fail to answer after an event's deadline. */
const heartbeatMs = 1000
/** How long a worker may hold a revoked event, when it holds nothing else. */
const revokedMs = 1000

/**
 * Has a worker handle an event and answers `event_timeout` at its deadline, counted from when the worker begins it, and
 * `event_revoked` when `options.revoke` aborts.
 * The place stays taken until the handler settles, when `release` is called; not for an event that the worker never
 * began, which is going to take another place first. For a stream the limit holds to each next chunk.
 */
export function handleWithin(guarded: Guarded, release: () => void): GuardedTask {
  const { seat, event, options, trigger, clock, rules } = guarded
  const { revoke } = options
  const linked = linkedAbort(options.signal)
  const unlink = (): void => {
    linked.unlink()
    revoke?.removeEventListener('abort', revoked)
  }
  const cancel: LinkedAbort = { ...linked, unlink }
  const task = seat.worker.handle(event, { ...options, signal: cancel.signal })
  const revoked = (): void => expire(errors.event_revoked({ trigger }))
  const hold = (until: Promise<unknown>): void => {
    if (revoke?.aborted) holdRevoked(guarded, until)
    else holdAgainst(guarded, until)
  }
  const settled = (): void => watch.cancel()
  const { outcome, expire } = limit(task, { trigger, clock, rules, cancel, hold, settled, release })
  const watch = watchDeadline(task, guarded, expire)
  if (revoke?.aborted) revoked()
  else revoke?.addEventListener('abort', revoked)
  return { task, outcome }
}

/** The same for a batch, which has one deadline: at it every event that is still open is answered. */
export function handleBatchWithin(guarded: GuardedBatch): GuardedTask[] {
  const { seat, events, options, trigger, clock, rules } = guarded
  const cancels = options.map(({ signal }) => linkedAbort(signal))
  const linked = cancels.map(({ signal }, i): HandleOptions => ({ ...options[i], signal }))
  const tasks = seat.worker.handleBatch?.(events, linked) ?? []
  const done = Promise.all(tasks.map(untilReleased))
  const open = new Map<Task, (error: PeltonError) => void>()
  let isHeld = false
  const hold = (): void => {
    if (!isHeld) holdAgainst(guarded, done)
    isHeld = true
  }
  const guardedTasks = tasks.map((task, i) => {
    const cancel = cancels[i] ?? linkedAbort(undefined)
    const settled = (): void => {
      open.delete(task)
      if (open.size === 0) watch.cancel()
    }
    const { outcome, expire } = limit(task, { trigger, clock, rules, cancel, hold, settled, release: () => undefined })
    open.set(task, expire)
    return { task, outcome }
  })
  const batch = { begunAt: () => open.keys().next().value?.begunAt() }
  const watch = watchDeadline(batch, guarded, (error) => {
    for (const expire of open.values()) expire(error)
  })
  return guardedTasks
}

/** Resolves when the worker is done with a task, its streamed body included. */
export async function untilReleased({ outcome }: Task): Promise<void> {
  const result = await outcome
  return new Promise((resolve) => releaseAfter(result, resolve))
}

interface Limits extends Omit<Watched, 'seat'> {
  cancel: LinkedAbort
  /** Keeps the account of a timed-out event until `settled`, and has its worker replaced when it is stuck. */
  hold(settled: Promise<unknown>): void
  /** The worker has settled the task. */
  settled(): void
  release(): void
}

/** The task's outcome, or the error that `expire` is called with. */
function limit(task: Task, limits: Limits): { outcome: Promise<Outcome>; expire: (error: PeltonError) => void } {
  const { cancel, release } = limits
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  let isTimedOut = false
  const expire = (error: PeltonError): void => {
    if (isTimedOut) return
    isTimedOut = true
    cancel.abort(error)
    limits.hold(task.outcome)
    resolve({ status: 'failed', error })
  }
  void task.outcome.then((result) => {
    limits.settled()
    if (!isTimedOut && isUnbegun(result, task)) cancel.unlink()
    else {
      releaseAfter(result, () => {
        cancel.unlink()
        release()
      })
    }
    if (!isTimedOut) resolve(withIdleLimit(result, limits, task))
  })
  return { outcome: promise, expire }
}

/** Calls `expire` when the task has run for its time; an event that still waits in its worker has not begun. */
function watchDeadline(
  task: Pick<Task, 'begunAt'>,
  { trigger, clock, rules }: Watched,
  expire: (error: PeltonError) => void,
): Timer {
  const { timeoutMs } = rules
  if (timeoutMs === Infinity) return { cancel: () => undefined }
  let timer: Timer
  const check = (): void => {
    const begun = task.begunAt()
    const leftMs = begun === undefined ? timeoutMs : begun + timeoutMs - clock.now()
    if (leftMs > 0.5) timer = clock.after(leftMs, check)
    else expire(timeoutError({ trigger, rules }))
  }
  timer = clock.after(timeoutMs, check)
  return { cancel: () => timer.cancel() }
}

function holdAgainst({ seat, clock, rules }: Watched, settled: Promise<unknown>): void {
  // With a capacity of 1 whatever else it holds only waits in it.
  const holdsOne = seat.capacity === 1 || seat.taken === 1
  if (seat.worker.atDeadline === 'kill' && holdsOne) {
    return seat.replace('the only event that its process held timed out')
  }
  seat.timedOut++
  const tooMany = clock.after(rules.workerTerminationMs, () => {
    if (seat.timedOut * 2 >= seat.capacity) {
      seat.replace('timed-out events hold half of its places or more')
    }
  })
  void settled.then(() => {
    seat.timedOut--
    tooMany.cancel()
  })
  void seat.worker.ping(heartbeatMs).then((alive) => {
    if (!alive) seat.replace('its loop did not answer for a second after an event timed out')
  })
}

/** The same for an event that was taken back: its worker is replaced soon when it holds nothing else. */
function holdRevoked(watched: Watched, settled: Promise<unknown>): void {
  const { seat, clock } = watched
  holdAgainst(watched, settled)
  const useless = clock.after(revokedMs, () => {
    if (seat.capacity === 1 || seat.timedOut >= seat.taken) seat.replace('all that it held was taken back from it')
  })
  void settled.then(() => useless.cancel())
}

function timeoutError({ trigger, rules }: Pick<Watched, 'trigger' | 'rules'>): ReturnType<typeof errors.event_timeout> {
  return errors.event_timeout({ trigger, timeoutMs: rules.timeoutMs })
}

function withIdleLimit(outcome: Outcome, limits: Limits, task: Task): Outcome {
  if (outcome.status === 'failed' || !isStream(outcome.response.body)) return outcome
  const { clock, rules, cancel } = limits
  const begun = task.begunAt() ?? clock.now()
  const body = limitStream(outcome.response.body, {
    clock,
    firstMs: Math.max(0, begun + rules.timeoutMs - clock.now()),
    nextMs: rules.timeoutMs,
    expire: () => {
      const error = timeoutError(limits)
      cancel.abort(error)
      limits.hold(settledWith(outcome))
      return error
    },
  })
  return { ...outcome, response: { ...outcome.response, body } }
}

function settledWith({ finished }: Handled): Promise<void> {
  return finished.catch(() => undefined)
}
