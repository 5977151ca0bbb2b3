const maxDepth = 6
const maxEntries = 100
const maxNodes = 1_000
const maxText = 16_384

/** Facts of a log record that can be cloned and written as JSON. Bounded in depth, number and length; never throws. */
export function plainFacts(facts: unknown): Record<string, unknown> | undefined {
  if (facts === undefined || facts === null) return undefined
  const budget = { nodes: maxNodes }
  const plain = plainValue(facts, 0, budget)
  if (typeof plain === 'object' && plain !== null && !Array.isArray(plain)) return plain as Record<string, unknown>
  return { value: plain }
}

/** A text of a bounded length. */
export function boundedText(text: string): string {
  return text.length <= maxText ? text : `${text.slice(0, maxText)}… (${text.length} characters)`
}

type Budget = { nodes: number }

function plainValue(value: unknown, depth: number, budget: Budget): unknown {
  if (typeof value === 'string') return boundedText(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return value
  if (typeof value === 'function') return `[function ${nameOf(value)}]`
  if (typeof value !== 'object') return String(value)
  if (depth >= maxDepth || (budget.nodes -= 1) < 0) return '[…]'
  try {
    return plainObject(value, depth, budget)
  } catch {
    // A getter or a proxy of the handler's own threw; a log call must not.
    return '[unreadable]'
  }
}

function plainObject(value: object, depth: number, budget: Budget): unknown {
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((item) => plainValue(item, depth + 1, budget))
  if (value instanceof Error) return plainError(value, depth, budget)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return plainEntries(value.entries(), depth, budget)
  if (value instanceof Set) return plainValue([...value], depth, budget)
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return plainValue(toJSON.call(value), depth + 1, budget)
  return plainEntries(Object.entries(value), depth, budget)
}

function plainError(error: Error, depth: number, budget: Budget): Record<string, unknown> {
  const own = plainEntries(Object.entries(error), depth, budget)
  const cause = error.cause === undefined ? {} : { cause: plainValue(error.cause, depth + 1, budget) }
  const errors = error instanceof AggregateError ? { errors: plainValue(error.errors, depth + 1, budget) } : {}
  return {
    ...own,
    ...cause,
    ...errors,
    // Texts, but for what somebody has assigned.
    name: plainValue(error.name, depth + 1, budget),
    message: plainValue(error.message, depth + 1, budget),
    stack: plainValue(error.stack ?? '', depth + 1, budget),
  }
}

function plainEntries(entries: Iterable<[unknown, unknown]>, depth: number, budget: Budget): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  let count = 0
  for (const [key, value] of entries) {
    if ((count += 1) > maxEntries) break
    // Defined, not assigned: `__proto__` is a key like any other here.
    const content = plainValue(value, depth + 1, budget)
    Object.defineProperty(plain, String(key), { value: content, writable: true, enumerable: true, configurable: true })
  }
  return plain
}

function nameOf(value: object): string {
  const { name } = value as { name?: unknown }
  return typeof name === 'string' && name !== '' ? name : 'anonymous'
}
