import type { Clock, Resident, Runtime, Worker } from '@pelton/core'
import { PeltonError } from '@pelton/core'
import type { TriggerState } from '../triggers/trigger-supervisor.ts'
import type { FromResident, SentError, ToResident } from './resident-messages.ts'

/** How long a trigger that was cut off may take to return, and its worker to end. */
const abortMs = 200

/** What is to run beside the handler in each worker. */
export interface ResidentRuntimeParts {
  runtime: Runtime
  clock: Clock
  /** For the next worker of this index; `gone` is called when it has ended or never came. */
  resident: (index: number) => { resident: Resident; gone: () => void }
  /** A worker's copy of the trigger reports; undefined when the worker is gone. */
  onState: (worker: Worker, state: TriggerState | undefined) => void
  /** Whether a worker that is stopped now has a successor. */
  isReplaced: () => boolean
}

/**
 * A runtime whose workers are ready when the trigger inside them is, and which stop that trigger before they end.
 * Rejects a spawn with the trigger's own error.
 */
export function createResidentRuntime(parts: ResidentRuntimeParts): Runtime {
  return {
    async spawn(spec, signal) {
      const { resident: wanted, gone } = parts.resident(spec.index)
      const worker = await parts.runtime.spawn({ ...spec, resident: wanted }, signal).catch((error: unknown) => {
        gone()
        throw error
      })
      const { resident } = worker
      if (!resident) throw new TypeError('the runtime does not host residents')
      const started = Promise.withResolvers<void>()
      const done = Promise.withResolvers<void>()
      resident.onMessage((message) => {
        const news = message as FromResident
        if (news.type === 'done') return done.resolve()
        if (news.type === 'failed') return started.reject(receivedError(news.error))
        parts.onState(worker, news)
        if (news.ready || news.why !== 'starting') started.resolve()
      })
      void worker.ended.then((end) => {
        parts.onState(worker, undefined)
        gone()
        done.resolve()
        started.reject(end.error ?? new Error('the worker ended while its trigger started'))
      })
      try {
        await started.promise
      } catch (error) {
        await worker.stop(0)
        throw error
      }
      const send = (message: ToResident): void => resident.send(message)
      const askToStop = (): void => send(parts.isReplaced() ? 'replace' : 'stop')
      return withResidentStop(worker, { askToStop, abort: () => send('abort'), done: done.promise, clock: parts.clock })
    },
  }
}

interface ResidentEnd {
  askToStop(): void
  abort(): void
  /** Resolves when the trigger has returned. */
  done: Promise<void>
  clock: Clock
}

function withResidentStop(worker: Worker, { askToStop, abort, done, clock }: ResidentEnd): Worker {
  return {
    handle: worker.handle.bind(worker),
    ping: worker.ping.bind(worker),
    ended: worker.ended,
    ...(worker.concurrency === undefined ? {} : { concurrency: worker.concurrency }),
    ...(worker.atDeadline === undefined ? {} : { atDeadline: worker.atDeadline }),
    async stop(deadlineMs) {
      const until = clock.now() + deadlineMs
      askToStop()
      if (await isDoneWithin(done, deadlineMs, clock)) return worker.stop(Math.max(0, until - clock.now()))
      abort()
      // Handlers are told by `event.signal`, unless it is to end at once.
      if (deadlineMs > 0) await isDoneWithin(done, abortMs, clock)
      await worker.stop(deadlineMs > 0 ? abortMs : 0)
    },
  }
}

async function isDoneWithin(done: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  const waiting = new AbortController()
  const isDone = await Promise.race([done.then(() => true), clock.sleep(ms, waiting.signal).then(() => false)])
  waiting.abort()
  return isDone
}

function receivedError({ code, message, ...row }: SentError): PeltonError {
  return new PeltonError(code, message, row)
}
