import { type Path, type Schema, fieldNames, normaliseKey } from '@pelton/core'
import { getOwn } from './placed-value.ts'

/** The key of a record that a wanted key means, matched as the schema matches keys; undefined when it is not there. */
export function writtenKey(schema: Schema | undefined, record: object, wanted: string): string | undefined {
  if (Object.hasOwn(record, wanted)) return wanted
  if (schema?.kind === 'map') return undefined
  const meaning = keyMeaning(schema, wanted)
  return Object.keys(record).find((key) => keyMeaning(schema, key) === meaning)
}

/** A path of keys as a schema names them, with each key as it is written below `raw`; what is not written stays as it is. */
export function writtenPath(schema: Schema, raw: unknown, path: Path): Path {
  let at: { schema: Schema | undefined; raw: unknown } = { schema, raw }
  return path.map((step) => {
    const { schema: under, raw: container } = at
    const isKey = typeof step === 'string' && typeof container === 'object' && container !== null
    const key = isKey ? (writtenKey(under, container, step) ?? step) : step
    at = { schema: schemaUnder(under, step), raw: getOwn(container, key) }
    return key
  })
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
