import type { Handling } from './handling.ts'

/** Events and batches that have not been answered. */
export interface OpenEvents {
  add(handling: Handling): void
  delete(handling: Handling): void
  /**
   * What nuclio's one `context.callback` answers: the event or batch whose code calls it. Code that runs for none, or
   * in the name of an answered one (callbacks of a shared connection), answers the only one that is open.
   */
  answering(current: Handling | undefined): Handling | undefined
}

/** For functions whose contexts know their event. */
export const untrackedEvents: OpenEvents = {
  add: () => undefined,
  delete: () => undefined,
  answering: (current) => current,
}

/** Keeps track of a worker's open events. */
export function createOpenEvents(): OpenEvents {
  const open = new Set<Handling>()
  return {
    add: (handling) => void open.add(handling),
    delete: (handling) => void open.delete(handling),
    answering(current) {
      if (current !== undefined && open.has(current)) return current
      const [only] = open
      return open.size === 1 ? only : undefined
    },
  }
}
