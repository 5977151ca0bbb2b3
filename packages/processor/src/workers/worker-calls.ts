import { errors } from '../errors.ts'

type Handle = (payload: unknown, body?: Uint8Array) => Promise<unknown>

/** Where calls from the handler side find their trigger: by the pool's triggers, then by operation. */
export class WorkerCalls {
  readonly #byTrigger = new Map<string, Map<string, Handle>>()

  /** Registers a trigger's operation; a later one of the same name takes its place. */
  set(trigger: string, operation: string, handle: Handle): void {
    const operations = this.#byTrigger.get(trigger) ?? new Map<string, Handle>()
    this.#byTrigger.set(trigger, operations.set(operation, handle))
  }

  /** Forgets a trigger that was stopped. */
  clear(trigger: string): void {
    this.#byTrigger.delete(trigger)
  }

  /** Runs the first operation of this name among the triggers that a pool serves. */
  call(triggers: readonly string[], operation: string, payload: unknown, body?: Uint8Array): Promise<unknown> {
    for (const trigger of triggers) {
      const handle = this.#byTrigger.get(trigger)?.get(operation)
      if (handle) return handle(payload, body)
    }
    return Promise.reject(errors.unknown_call({ operation, triggers: triggers.join(', ') }))
  }
}
