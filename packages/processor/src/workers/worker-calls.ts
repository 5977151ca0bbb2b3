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

  /**
   * Runs an operation at every trigger that a pool serves and that knows it. Of several results numbers are added and
   * booleans or-ed; else the first one counts.
   */
  async call(triggers: readonly string[], operation: string, payload: unknown, body?: Uint8Array): Promise<unknown> {
    const handles = triggers.flatMap((trigger) => this.#byTrigger.get(trigger)?.get(operation) ?? [])
    const [only, ...others] = handles
    if (!only) throw errors.unknown_call({ operation, triggers: triggers.join(', ') })
    if (others.length === 0) return only(payload, body)
    return joinResults(await Promise.all(handles.map((handle) => handle(payload, body))))
  }
}

function joinResults(results: readonly unknown[]): unknown {
  if (results.every((result) => typeof result === 'number')) return results.reduce((sum, result) => sum + result, 0)
  if (results.every((result) => typeof result === 'boolean')) return results.includes(true)
  return results[0]
}
