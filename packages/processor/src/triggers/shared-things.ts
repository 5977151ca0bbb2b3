import type { Shared } from '@pelton/core'

/** Keeps one instance of everything that the kinds of one processor share; see `TriggerContext.shared`. */
export function createShared(): <T>(token: Shared<T>) => T {
  const things = new Map<string, unknown>()
  return <T>(token: Shared<T>): T => {
    if (!things.has(token.key)) things.set(token.key, token.create())
    return things.get(token.key) as T
  }
}
