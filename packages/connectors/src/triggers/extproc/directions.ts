import type { ModeOverride } from '@pelton/protocols/ext-proc'

/** What `context.extproc` puts into a response's `extra`, by whichever language's handler side. */
export interface Directions {
  action: 'proceed' | 'respond'
  set?: Lines
  add?: Lines
  remove?: readonly string[]
  /** The response's body is the new one. */
  replacesBody?: boolean
  path?: string
  method?: string
  status?: number
  trailers?: Lines
  metadata?: Record<string, unknown>
  modeOverride?: ModeOverride
}

type Lines = readonly (readonly [name: string, value: string])[]

const readers: { [Key in keyof Directions]-?: (value: unknown) => boolean } = {
  action: (value) => value === 'proceed' || value === 'respond',
  set: isLines,
  add: isLines,
  remove: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && isName(name)),
  replacesBody: (value) => typeof value === 'boolean',
  path: (value) => typeof value === 'string',
  method: (value) => typeof value === 'string',
  status: (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599,
  trailers: isLines,
  metadata: isObject,
  modeOverride: isObject,
}

/**
 * Reads them back. They may come from a program that speaks the worker wire, so that nothing is believed: undefined when
 * it is none, and what is no such member is left out.
 */
export function readDirections(given: unknown): Directions | undefined {
  if (!isObject(given) || !readers.action(given['action'])) return undefined
  const directions: Record<string, unknown> = {}
  for (const key of Object.keys(given)) {
    const isRight = Object.hasOwn(readers, key) ? readers[key as keyof Directions] : undefined
    if (isRight?.(given[key])) directions[key] = given[key]
  }
  return directions as unknown as Directions
}

function isLines(value: unknown): boolean {
  return Array.isArray(value) && value.every(isLine)
}

function isLine(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [name, text] = value as unknown[]
  return typeof name === 'string' && isName(name) && typeof text === 'string' && !/[\r\n\0]/.test(text)
}

/** RFC 9110 §5.6.2, in the lower case of HTTP/2. */
function isName(name: string): boolean {
  return /^[\da-z!#$%&'*+.^_`|~-]+$/.test(name)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
