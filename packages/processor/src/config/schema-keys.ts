import { type Schema, fieldNames, normaliseKey } from '@pelton/core'

/** The key of a record that a wanted key means, matched as the schema matches keys; undefined when it is not there. */
export function writtenKey(schema: Schema | undefined, record: object, wanted: string): string | undefined {
  if (Object.hasOwn(record, wanted)) return wanted
  if (schema?.kind === 'map') return undefined
  const meaning = keyMeaning(schema, wanted)
  return Object.keys(record).find((key) => keyMeaning(schema, key) === meaning)
}

/** A key in the form to write it anew: known keys in their own spelling. */
export function canonicalKey(schema: Schema | undefined, wanted: string): string {
  return (schema?.kind === 'object' && fieldNames(schema).get(normaliseKey(wanted))) || wanted
}

/** The schema of what a key holds; undefined when that is not known here. */
export function schemaUnder(schema: Schema | undefined, key: string | number): Schema | undefined {
  if (schema?.kind === 'object') return schema.fields[fieldNames(schema).get(normaliseKey(String(key))) ?? '']
  if (schema?.kind === 'map') return schema.value
  return schema?.kind === 'list' ? schema.item : undefined
}

function keyMeaning(schema: Schema | undefined, key: string): string {
  const normalised = normaliseKey(key)
  return (schema?.kind === 'object' && fieldNames(schema).get(normalised)) || normalised
}
