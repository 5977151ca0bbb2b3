import { Buffer, isUtf8 } from 'node:buffer'

/** A value as the reader of answers takes it: bigints and -0 exactly, NaN by its name, bytes as text or base64. Throws `TypeError` for others. */
export function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (value instanceof Uint8Array) return bytesText(value)
  if (typeof value === 'string') return JSON.stringify(value.isWellFormed() ? value : value.toWellFormed())
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw new TypeError(`an element must be a number, a text, bytes, true or false, not ${kindOf(value)}`)
}

/** What a value is, in a word. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? 'a DataView' : tagOf(value)
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value)
  return Array.isArray(value) ? 'a list' : typeof value
}

/** The name of a typed array's class: of a `Buffer` it is `Uint8Array`, in every realm the same. */
export function tagOf(array: ArrayBufferView): string {
  return String((array as { [Symbol.toStringTag]?: string })[Symbol.toStringTag])
}

function bytesText(element: Uint8Array): string {
  const bytes = Buffer.from(element.buffer, element.byteOffset, element.byteLength)
  return isUtf8(bytes) ? JSON.stringify(bytes.toString()) : `{"b64":"${bytes.toString('base64')}"}`
}
