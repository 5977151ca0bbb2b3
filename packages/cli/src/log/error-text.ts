/** More causes are not shown. */
const maxDepth = 5
const maxErrors = 10

/** An error, or one that came from a worker as plain data. */
export function hasStack(value: unknown): value is { stack: string; cause?: unknown; errors?: unknown } {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string'
}

/** The stack of an error, and below it those of its causes and of the errors that it gathers. */
export function errorText(error: { stack: string; cause?: unknown; errors?: unknown }, depth = 0): string {
  if (depth >= maxDepth) return error.stack
  const gathered = Array.isArray(error.errors) ? error.errors.slice(0, maxErrors) : []
  const below = [error.cause, ...gathered].filter(hasStack)
  return [error.stack, ...below.map((one) => `caused by ${errorText(one, depth + 1)}`)].join('\n')
}
