import { type Clock, isPeltonError, systemClock, type WorkerHooks } from '@pelton/core'
import { errors } from '../errors.ts'
import { callDeadlineMs, maxCalls } from './call-limits.ts'

/** Handles calls of one operation. */
export type HandleCall = (payload: unknown, body?: Uint8Array) => Promise<unknown>

/** Calls of which some are handled in this thread. */
export interface LocalCalls {
  /** As the calls of the wire: at most 256 under way, 30 s each, and the caller may write over the body at once. */
  call: WorkerHooks['call']
  /** Handles an operation here from now on. */
  on(operation: string, handle: HandleCall): void
}

/** Makes calls that look for their operation in this thread first; `elsewhere` takes the others. */
export function createLocalCalls(elsewhere: WorkerHooks['call'], clock: Clock = systemClock): LocalCalls {
  const handlers = new Map<string, HandleCall>()
  let open = 0
  return {
    on: (operation, handle) => void handlers.set(operation, handle),
    async call(operation, payload, body) {
      const handle = handlers.get(operation)
      if (handle === undefined) return elsewhere(operation, payload, body)
      if (open >= maxCalls) throw errors.too_many_calls({ operation, limit: maxCalls })
      const late = Promise.withResolvers<never>()
      const timer = clock.after(callDeadlineMs, () =>
        late.reject(errors.call_timed_out({ operation, deadlineMs: callDeadlineMs })),
      )
      open++
      try {
        return await Promise.race([handle(payload, body && Buffer.from(body)), late.promise])
      } catch (error) {
        if (isPeltonError(error)) throw error
        const reason = error instanceof Error ? error.message : String(error)
        throw errors.call_failed({ operation, reason }, error)
      } finally {
        timer.cancel()
        open--
      }
    },
  }
}
