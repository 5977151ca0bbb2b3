/** JSON in which bytes may stand: `{"$bytes": base64}`. */
export interface WireJson {
  text: string
  hasBytes: boolean
}

/** Writes a value; `undefined` is an empty text. Throws `TypeError` for cycles and big integers. */
export function writeJson(value: unknown): WireJson {
  if (value === undefined) return { text: '', hasBytes: false }
  let hasBytes = false
  // A function, not an arrow: `this` has the value before its own toJSON, which for a Buffer is a list of numbers.
  const replace = function (this: Record<string, unknown>, key: string, written: unknown): unknown {
    const original = this[key]
    if (!(original instanceof Uint8Array)) return written
    hasBytes = true
    return { $bytes: Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64') }
  }
  const text = JSON.stringify(value, replace) as string | undefined
  return { text: text ?? '', hasBytes }
}

/** Reads what `writeJson` wrote. Throws `SyntaxError` when it is no JSON. */
export function readJson(text: string, hasBytes: boolean): unknown {
  if (text === '') return undefined
  return JSON.parse(text, hasBytes ? revive : undefined)
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
  return typeof value.$bytes === 'string' ? Buffer.from(value.$bytes, 'base64') : value
}
