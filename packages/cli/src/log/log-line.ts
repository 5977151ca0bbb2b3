import type { LogRecord } from '@pelton/core'

/** Turns a record into its text, line feed included. */
export type FormatRecord = (record: LogRecord) => string

/** Longest text of a message or a fact in characters; a handler may log anything. */
export const maxTextLength = 32 * 1024

/** Cuts what is too long and says so. */
export function shorten(text: string, limit: number = maxTextLength): string {
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length - limit} more characters)` : text
}

/** JSON of anything: cycles, `BigInt`s and throwing getters become a text that says what they are. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, plainValue) ?? 'null'
  } catch (error) {
    return JSON.stringify(`[not JSON: ${describeThrown(error)}]`)
  }
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack }
  return value
}

function describeThrown(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'its getter threw'
}
