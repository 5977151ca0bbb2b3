import type { HeaderMap } from '@pelton/core'

/** Names and values in turn, as they were sent, to lower-case names with repeated values as lists. */
export function toHeaderMap(raw: readonly string[]): HeaderMap {
  const headers: HeaderMap = {}
  for (let at = 0; at + 1 < raw.length; at += 2) addHeader(headers, raw[at]!.toLowerCase(), raw[at + 1]!)
  return headers
}

/** Adds a value under a lower-case name; the second one makes a list. */
export function addHeader(headers: HeaderMap, name: string, value: string): void {
  if (!Object.hasOwn(headers, name)) return setOwn<string | string[]>(headers, name, value)
  const known = headers[name]!
  if (Array.isArray(known)) known.push(value)
  else headers[name] = [known, value]
}

/** The last value of a header in such a list, found by its lower-case name. */
export function readHeader(raw: readonly string[], name: string): string | undefined {
  for (let at = raw.length - 2; at >= 0; at -= 2) {
    const candidate = raw[at]!
    if (candidate.length === name.length && candidate.toLowerCase() === name) return raw[at + 1]
  }
  return undefined
}

/** Sets an own property even where the name is `__proto__`, which plain assignment would lose. */
export function setOwn<T>(target: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') target[name] = value
  else Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
}
