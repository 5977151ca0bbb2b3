import type { Path } from '@pelton/core'

/** Where a key was written. Lines count from 1; there are none on a command line. */
export interface Place {
  file: string
  keyLine?: number
  valueLine?: number
}

/** The places of what each object and list of a configuration holds. */
export type Places = WeakMap<object, Map<string | number, Place>>

/** A configuration's plain value, of which every key knows where it was written. */
export interface PlacedValue {
  value: unknown
  places: Places
  /** For what stands nowhere. */
  file: string
}

/** Whether a value has keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sets one key, `__proto__` included, and its place. */
export function setPlaced(
  places: Places,
  container: Record<string, unknown> | unknown[],
  key: string | number,
  entry: { value: unknown; place: Place | undefined },
): void {
  const property = { value: entry.value, writable: true, enumerable: true, configurable: true }
  Object.defineProperty(container, key, property)
  const known = places.get(container) ?? new Map<string | number, Place>()
  if (entry.place) known.set(key, entry.place)
  places.set(container, known)
}

/** One key's own value; nothing inherited. */
export function getOwn(container: unknown, key: string | number): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, key)) return undefined
  return (container as Record<string | number, unknown>)[key]
}

/** File and line of a path, or of the nearest part of it that is written. */
export function placeOf(placed: PlacedValue, path: Path, at: 'key' | 'value'): { file: string; line?: number } {
  let container = placed.value
  let place: Place = { file: placed.file }
  let reached = 0
  for (const key of path) {
    if (typeof container !== 'object' || container === null) break
    const next = placed.places.get(container)?.get(key)
    if (next === undefined) break
    place = next
    reached++
    container = getOwn(container, key)
  }
  const isValue = at === 'value' && reached === path.length
  const line = isValue ? (place.valueLine ?? place.keyLine) : place.keyLine
  return { file: place.file, ...(line === undefined ? {} : { line }) }
}
