import type { Finished } from '@pelton/core'

/** Which triggers have finished, and how: decides when the processor is to end. */
export class FinishedTriggers {
  readonly #results = new Map<string, Finished>()

  /** Notes a trigger's result; a second one of the same trigger changes nothing. */
  add(trigger: string, result: Finished): void {
    if (!this.#results.has(trigger)) this.#results.set(trigger, result)
  }

  /** Forgets a trigger that starts anew. */
  forget(trigger: string): void {
    this.#results.delete(trigger)
  }

  /** Whether each of these has finished, and there are any. */
  areAll(triggers: readonly string[]): boolean {
    return triggers.length > 0 && triggers.every((trigger) => this.#results.has(trigger))
  }

  /**
   * How the processor ends now: because a trigger wants it, or because all of them have finished and none wants to keep
   * it; undefined while it goes on.
   */
  end(triggers: readonly string[]): { failed: boolean } | undefined {
    const results = triggers.flatMap((trigger) => this.#results.get(trigger) ?? [])
    const failed = results.some((result) => result.failed)
    if (results.some(({ endsProcess }) => endsProcess === true)) return { failed }
    return this.areAll(triggers) && results.every(({ endsProcess }) => endsProcess !== false) ? { failed } : undefined
  }
}
