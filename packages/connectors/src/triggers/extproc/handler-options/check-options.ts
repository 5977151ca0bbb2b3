import { nearest, quote } from '@pelton/core'

/** Throws `TypeError` unless these are options of `call` that are known; the nearest known one is named. */
export function checkOptions(call: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || ArrayBuffer.isView(options))
    throw new TypeError(`${call} takes an object of options, not ${kindOf(options)}; it has ${[...known].join(', ')}`)
  for (const name of Object.keys(options)) if (!known.has(name)) throw unknown(`${call} has no option`, name, known)
}

/** The error that says which name is not known, and which one was probably meant. */
export function unknown(what: string, name: string, known: ReadonlySet<string>): TypeError {
  const near = nearest(name, known)
  return new TypeError(
    `${what} ${quote(name, 100)}${near ? `, did you mean ${near}?` : `; it has ${[...known].join(', ')}`}`,
  )
}

/** What a value is, in a word. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : typeof value
}
