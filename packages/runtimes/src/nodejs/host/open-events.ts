import type { OpenEvent } from './open-event.ts'

/** Events that have not been answered. */
export interface OpenEvents {
  add(event: OpenEvent): void
  delete(event: OpenEvent): void
  /**
   * The event that nuclio's one `context.callback` answers: the one whose code calls it. Code that runs for no event, or
   * in the name of an answered one (callbacks of a shared connection), answers the only event that is open.
   */
  answering(current: OpenEvent | undefined): OpenEvent | undefined
}

/** Keeps track of a worker's open events. */
export function createOpenEvents(): OpenEvents {
  const open = new Set<OpenEvent>()
  return {
    add: (event) => void open.add(event),
    delete: (event) => void open.delete(event),
    answering(current) {
      if (current !== undefined && open.has(current)) return current
      const [only] = open
      return open.size === 1 ? only : undefined
    },
  }
}
