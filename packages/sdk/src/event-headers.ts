import type { HeaderMap } from './event.ts'

// A header's name as nuclio spells it: `x-foo` is `X-Foo`. A name with a capital is in its source's own spelling and stays.
function canonicalHeaderName(name: string): string {
  if (name !== name.toLowerCase()) return name
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

/** Headers in nuclio's form: canonical names, of a repeated header the last value; what is no text stays as it is. */
export function canonicalHeaders(headers: HeaderMap): Record<string, string> {
  const canonical: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined && name !== '__proto__') canonical[canonicalHeaderName(name)] = last
  }
  return canonical
}

/** One header in any letter case, as text; of a repeated one the last value. */
export function findHeader(headers: HeaderMap, name: string): string | undefined {
  const wanted = name.toLowerCase()
  const found = Object.hasOwn(headers, wanted) ? headers[wanted] : findInAnyCase(headers, wanted)
  const last: unknown = Array.isArray(found) ? found.at(-1) : found
  // Numbers and booleans of a nuclio file are what they were written as.
  return last === undefined || last === null ? undefined : String(last)
}

function findInAnyCase(headers: HeaderMap, wanted: string): string | string[] | undefined {
  for (const name in headers) {
    if (name.length === wanted.length && name.toLowerCase() === wanted) return headers[name]
  }
  return undefined
}
