import type { Schema, SchemaFault } from '@pelton/core'
import { schemaUnder } from './schema-keys.ts'

/** Where keys belong that stand one level too high. */
export interface Below {
  key: string
  schema: Schema | undefined
  /** Steps of the paths of keys that may be meant. */
  depth: number
}

/** The same faults, where an unknown key is told its place if the level below `key` knows it. */
export function withPlaces(faults: readonly SchemaFault[], { key, schema, depth }: Below): SchemaFault[] {
  return faults.map((fault) => {
    const name = fault.path.at(-1)
    const isElsewhere =
      fault.code === 'unknown_key' &&
      fault.path.length === depth &&
      schema?.kind === 'object' &&
      schemaUnder(schema, name ?? '') !== undefined
    if (!isElsewhere) return fault
    const { suggestion: _, ...rest } = fault
    return { ...rest, message: `unknown here; it belongs below ${key}` }
  })
}
