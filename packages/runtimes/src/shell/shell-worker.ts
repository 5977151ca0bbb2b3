import {
  type EventData,
  type HandleOptions,
  type LogRecord,
  type Outcome,
  type Task,
  type Worker,
  type WorkerEnd,
  type WorkerSpec,
  isPeltonError,
  systemClock,
} from '@pelton/core'
import { reasonOf } from '@pelton/sdk/host'
import { errors } from '../errors.ts'
import { type OutcomeFacts, commandOutcome, isSuccess, lastLines } from './command-outcome.ts'
import { type CommandEnd, CommandRun } from './command-run.ts'
import type { OutputPipes } from './output-pipes.ts'

/** What a shell worker is made of. */
export interface ShellWorkerParts {
  spec: WorkerSpec
  pipes: OutputPipes
  facts: OutcomeFacts
  /** What is run for an event; may throw. */
  commandFor(event: EventData): ConstructorParameters<typeof CommandRun>[0]
}

/** An event whose command runs. */
interface Open {
  event: EventData
  options: HandleOptions | undefined
  run: CommandRun
  /** Why it was ended from outside. */
  cutBy: string | undefined
}

/** Runs a command for each event. It has no process of its own: only a stop ends it. */
export class ShellWorker implements Worker {
  readonly ended: Promise<WorkerEnd>
  readonly #parts: ShellWorkerParts
  readonly #open = new Set<Open>()
  readonly #end: (end: WorkerEnd) => void
  #isStopping = false

  constructor(parts: ShellWorkerParts) {
    this.#parts = parts
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>()
    this.ended = promise
    this.#end = resolve
  }

  handle(event: EventData, options?: HandleOptions): Task {
    const begun = systemClock.now()
    return { outcome: this.#handle(event, options), begunAt: () => begun }
  }

  /** There is no loop of a handler that could be blocked. */
  ping(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true
    const timer = systemClock.after(deadlineMs, () => {
      for (const open of this.#open) cut(open, 'its worker was stopped')
    })
    this.#endWhenIdle()
    await this.ended
    timer.cancel()
  }

  async #handle(event: EventData, options: HandleOptions | undefined): Promise<Outcome> {
    const { command } = this.#parts.facts
    if (this.#isStopping) return cutOff(command, 'its worker is stopping')
    try {
      const { pipes, facts } = this.#parts
      const run = new CommandRun(this.#parts.commandFor(event), event.body, { ...facts, pipes })
      return await this.#follow({ event, options, run, cutBy: undefined })
    } catch (error) {
      const failure = isPeltonError(error)
        ? error
        : errors.command_not_started({ command, reason: reasonOf(error) }, error)
      this.#log({ event, options }, { reason: failure.message })
      return { status: 'failed', error: failure }
    }
  }

  async #follow(open: Open): Promise<Outcome> {
    const signal = open.options?.signal
    const onAbort = (): void => this.#abort(open, signal?.reason)
    this.#open.add(open)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    try {
      const end = await open.run.ended
      return this.#outcome(open, end)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#open.delete(open)
      this.#endWhenIdle()
    }
  }

  /** At its deadline a command is killed. When the caller has left it is asked to end, but in nuclio files runs on. */
  #abort(open: Open, reason: unknown): void {
    const isOver = isPeltonError(reason) && ['event_timeout', 'event_revoked'].includes(reason.code)
    if (isOver) return cut(open, 'its time was over')
    if (this.#parts.facts.compat !== 'none') return
    open.cutBy ??= 'its caller had left'
    open.run.terminate()
  }

  #outcome(open: Open, end: CommandEnd | undefined): Outcome {
    const { facts } = this.#parts
    if (end !== undefined && isSuccess(end)) return commandOutcome(end, facts)
    if (end === undefined || open.cutBy !== undefined) return cutOff(facts.command, open.cutBy ?? 'it was not begun')
    const outcome = commandOutcome(end, facts)
    this.#log(open, { reason: `the command ${end.how}`, output: lastLines(end.output) })
    return outcome
  }

  #log({ event, options }: Pick<Open, 'event' | 'options'>, facts: Record<string, string>): void {
    const { hooks, index } = this.#parts.spec
    const record: LogRecord = {
      time: systemClock.wall(),
      level: 'error',
      message: 'handler_failed',
      facts,
      eventId: event.id,
      trigger: event.trigger.name,
      worker: index,
    }
    hooks.log(record)
    options?.log?.write(record)
  }

  #endWhenIdle(): void {
    if (!this.#isStopping || this.#open.size > 0) return
    this.#parts.pipes.close()
    this.#end({})
  }
}

function cut(open: Open, reason: string): void {
  open.cutBy ??= reason
  open.run.kill()
}

function cutOff(command: string, reason: string): Outcome {
  return { status: 'failed', error: errors.command_cut_off({ command, reason }) }
}
