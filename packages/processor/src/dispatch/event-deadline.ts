import type { Clock, DispatchOptions, EventData, HandleOptions, Handled, Outcome, Task, Timer } from '@pelton/core'
import type { Seat } from '../allocation/seat.ts'
import { errors } from '../errors.ts'
import { isUnbegun } from './given-event.ts'
import { type LinkedAbort, linkedAbort } from './linked-abort.ts'
import { isStream, releaseAfter } from './outcome.ts'
import { limitStream } from './stream-limit.ts'

/** What `spec.eventTimeout` means for one trigger's workers. */
export interface DeadlineRules {
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

/**
 * Has a worker handle an event and answers `event_timeout` at its deadline, counted from when the worker begins it.
 * The place stays taken until the handler settles, when `release` is called; not for an event that the worker never
 * began, which is going to take another place first. For a stream the limit holds to each next chunk.
 */
export function handleWithin(guarded: Guarded, release: () => void): GuardedTask {
  const { seat, event, options, trigger, clock, rules } = guarded
  const cancel = linkedAbort(options.signal)
  const task = seat.worker.handle(event, { ...options, signal: cancel.signal })
  const hold = (settled: Promise<unknown>): void => holdAgainst(guarded, settled)
  const settled = (): void => watch.cancel()
  const { outcome, expire } = limit(task, { trigger, clock, rules, cancel, hold, settled, release })
  const watch = watchDeadline(task, guarded, expire)
  return { task, outcome }
}

/** The same for a batch, which has one deadline: at it every event that is still open is answered. */
export function handleBatchWithin(guarded: GuardedBatch): GuardedTask[] {
  const { seat, events, options, trigger, clock, rules } = guarded
  const cancels = options.map(({ signal }) => linkedAbort(signal))
  const linked = cancels.map(({ signal }, i): HandleOptions => ({ ...options[i], signal }))
  const tasks = seat.worker.handleBatch?.(events, linked) ?? []
  const done = Promise.all(tasks.map(untilReleased))
  const open = new Map<Task, () => void>()
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
  const watch = watchDeadline(batch, guarded, () => {
    for (const expire of open.values()) expire()
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

/** The task's outcome, or `event_timeout` once `expire` is called. */
function limit(task: Task, limits: Limits): { outcome: Promise<Outcome>; expire: () => void } {
  const { cancel, release } = limits
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  let isTimedOut = false
  const expire = (): void => {
    isTimedOut = true
    const error = timeoutError(limits)
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
function watchDeadline(task: Pick<Task, 'begunAt'>, { clock, rules }: Watched, expire: () => void): Timer {
  const { timeoutMs } = rules
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
