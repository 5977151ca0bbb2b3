import { formatDuration, parseDuration } from './duration.ts'
import type { BooleanSchema, ChoiceSchema, DurationSchema, NumberSchema, SizeSchema, StringSchema } from './schema.ts'
import { formatSize, parseSize } from './size.ts'

type ScalarSchema = StringSchema | NumberSchema | BooleanSchema | DurationSchema | SizeSchema | ChoiceSchema

/** A scalar's decoded value, or what was expected instead. */
export type DecodedScalar = { value: string | number | boolean } | { expected: string }

/** Reads one scalar, which is there. */
export function decodeScalar(schema: ScalarSchema, value: unknown): DecodedScalar {
  switch (schema.kind) {
    case 'string':
      return decodeString(schema, value)
    case 'number':
    case 'integer':
      return decodeNumber(schema, value)
    case 'boolean':
      return typeof value === 'boolean' ? { value } : { expected: 'true or false' }
    case 'duration':
      return decodeDuration(schema, value)
    case 'size':
      return decodeSize(schema, value)
    case 'choice':
      return decodeChoice(schema, value)
  }
}

function decodeString(schema: StringSchema, value: unknown): DecodedScalar {
  const isBare = typeof value === 'number' || typeof value === 'boolean'
  if (isBare && !schema.acceptsScalars) return { expected: 'a text (put it in quotes)' }
  const text = isBare ? String(value) : value
  if (typeof text !== 'string') return { expected: 'a text' }
  // Not `test`: a pattern with a flag such as `g` would remember where it stopped.
  if (schema.pattern && text.search(schema.pattern) === -1) {
    return { expected: schema.patternWords ?? `a text like ${schema.pattern.source}` }
  }
  if (text.length >= (schema.minLength ?? 0)) return { value: text }
  return { expected: schema.minLength === 1 ? 'a text that is not empty' : `at least ${schema.minLength} characters` }
}

function decodeNumber(schema: NumberSchema, value: unknown): DecodedScalar {
  const isWhole = schema.kind === 'integer'
  const isRight = isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (typeof value !== 'number' || !isRight) return { expected: isWhole ? 'a whole number' : 'a number' }
  return within(schema, value, String)
}

function decodeDuration(schema: DurationSchema, value: unknown): DecodedScalar {
  const perUnit = schema.unit === 's' ? 1000 : 1
  const ms = typeof value === 'string' ? parseDuration(value) : typeof value === 'number' ? value * perUnit : undefined
  if (ms === undefined || !Number.isFinite(ms)) return { expected: 'a duration such as 250ms, 5s or 1m30s' }
  return within({ min: 0, ...schema }, ms, formatDuration)
}

function decodeSize(schema: SizeSchema, value: unknown): DecodedScalar {
  const bytes = typeof value === 'string' ? parseSize(value) : value
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes)) return { expected: 'a size such as 64KiB or 4MB' }
  return within({ min: 0, ...schema }, bytes, formatSize)
}

function decodeChoice(schema: ChoiceSchema, value: unknown): DecodedScalar {
  const lower = typeof value === 'string' ? value.toLowerCase() : undefined
  const found = schema.choices.find((choice) => choice.toLowerCase() === lower)
  return found === undefined ? { expected: oneOf(schema.choices) } : { value: found }
}

/** `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function within(
  bounds: { min?: number; max?: number },
  value: number,
  format: (value: number) => string,
): DecodedScalar {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds
  if (value >= min && value <= max) return { value }
  if (max === Number.POSITIVE_INFINITY) return { expected: `at least ${format(min)}` }
  if (min === Number.NEGATIVE_INFINITY) return { expected: `at most ${format(max)}` }
  return { expected: `${format(min)} to ${format(max)}` }
}
