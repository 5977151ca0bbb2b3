import type { Serving } from '@pelton/core'

/** Whether the function can serve, as its triggers see it. */
export class ServingState implements Serving {
  readonly #listeners = new Set<() => void>()
  #isServing: boolean

  constructor(isServing: boolean) {
    this.#isServing = isServing
  }

  get isServing(): boolean {
    return this.#isServing
  }

  set(isServing: boolean): void {
    if (isServing === this.#isServing) return
    this.#isServing = isServing
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
