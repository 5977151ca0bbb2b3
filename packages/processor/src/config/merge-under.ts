import type { Schema } from '@pelton/core'
import { type Places, getOwn, isRecord, setPlaced } from './placed-value.ts'
import { schemaUnder, writtenKey } from './schema-keys.ts'

/**
 * Puts one configuration under another: what `over` says wins, objects merge key by key, lists of named objects
 * (`spec.env`) by name. Changes `over` in place where it can; gives the merged value.
 */
export function mergeUnder(over: unknown, under: unknown, schema: Schema | undefined, places: Places): unknown {
  if (over === undefined || over === null) return under
  if (isRecord(over) && isRecord(under)) mergeRecords(over, under, schema, places)
  else if (Array.isArray(over) && Array.isArray(under) && isNamedList(schema)) mergeByName(over, under, places)
  return over
}

function mergeRecords(
  over: Record<string, unknown>,
  under: Record<string, unknown>,
  schema: Schema | undefined,
  places: Places,
): void {
  for (const key of Object.keys(under)) {
    const written = writtenKey(schema, over, key)
    const mine = written === undefined ? undefined : over[written]
    if (written === undefined || mine === null) {
      setPlaced(places, over, written ?? key, { value: under[key], place: places.get(under)?.get(key) })
    } else mergeUnder(mine, under[key], schemaUnder(schema, key), places)
  }
}

function isNamedList(schema: Schema | undefined): boolean {
  return schema?.kind === 'list' && schema.item.kind === 'object' && Object.hasOwn(schema.item.fields, 'name')
}

function mergeByName(over: unknown[], under: unknown[], places: Places): void {
  const names = new Set(over.map((item) => getOwn(item, 'name')))
  for (const [index, item] of under.entries()) {
    if (names.has(getOwn(item, 'name'))) continue
    setPlaced(places, over, over.length, { value: item, place: places.get(under)?.get(index) })
  }
}
