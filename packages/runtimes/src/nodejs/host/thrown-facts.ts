import { plainFacts, reasonOf } from '@pelton/sdk/host'
import { handlerStack } from './handler-stack.ts'

/**
 * What the log says of a thrown value: of an error all that it holds, its stacks without Pelton's own frames; of anything else,
 * which has no stack, what it was. Never throws.
 */
export function thrownFacts(error: unknown): Record<string, unknown> {
  if (isError(error)) return withHandlerStacks(plainFacts({ error }) ?? {})
  const said = { error: reasonOf(error) }
  return typeof error === 'object' && error !== null ? { ...said, thrown: error } : said
}

function isError(value: unknown): boolean {
  try {
    return value instanceof Error
  } catch {
    // A proxy whose traps throw: what it is cannot be told.
    return false
  }
}

/** Plain facts are bounded in depth, and so is this. */
function withHandlerStacks<T>(plain: T): T {
  if (typeof plain !== 'object' || plain === null) return plain
  if (Array.isArray(plain)) return plain.map(withHandlerStacks) as T
  const mended = Object.entries(plain).map(([key, value]): [string, unknown] => {
    const isStack = key === 'stack' && typeof value === 'string'
    return [key, isStack ? handlerStack(value) : withHandlerStacks(value as unknown)]
  })
  return Object.fromEntries(mended) as T
}
