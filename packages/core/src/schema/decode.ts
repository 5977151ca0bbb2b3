import { decodeScalar } from './decode-scalar.ts'
import { normaliseKey, spellLike } from './key.ts'
import { nearest } from './nearest.ts'
import type { Path } from './path.ts'
import type { ListSchema, MapSchema, ObjectSchema, Schema, Static } from './schema.ts'
import { type FaultList, type SchemaFault, addFault, describeSort, describeValue } from './schema-fault.ts'

/** What decoding made of a value. */
export interface Decoded<T> {
  /** Undefined when there is a fault other than an unknown key. */
  value: T | undefined
  /** What is right, although other things are not. */
  partial: T extends readonly unknown[] ? T | undefined : T extends object ? PartOf<T> : T | undefined
  faults: SchemaFault[]
}

/** A decoded value of which anything may be missing. */
export type PartOf<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: PartOf<T[K]> } : T

/** Stands for a value that had a fault. */
const broken: unique symbol = Symbol('broken')

/**
 * Checks a value against a schema and gives it its TypeScript form: defaults filled in, durations in milliseconds,
 * sizes in bytes. Finds all faults at once, up to a bound, and never throws. `null` is as good as absent.
 */
export function decode<S extends Schema<unknown>>(schema: S, value: unknown, path: Path = []): Decoded<Static<S>> {
  const list: FaultList = { faults: [], isBroken: false }
  const decoded = decodeAt(schema, value, path, list)
  const partial = decoded === broken ? (schema.kind === 'object' ? {} : undefined) : decoded
  return {
    value: list.isBroken ? undefined : (decoded as Static<S>),
    partial: partial as Decoded<Static<S>>['partial'],
    faults: list.faults,
  }
}

function decodeAt(schema: Schema<unknown>, value: unknown, path: Path, list: FaultList): unknown {
  if (isAbsent(schema, value)) return decodeAbsent(schema, path, list)
  if (schema.kind === 'any') return value
  if (schema.kind === 'object') return decodeObject(schema, value, path, list)
  if (schema.kind === 'map') return decodeMap(schema, value, path, list)
  if (schema.kind === 'list') return decodeList(schema, value, path, list)
  const scalar = decodeScalar(schema, value)
  if ('value' in scalar) return scalar.value
  return fail(
    list,
    path,
    `expected ${scalar.expected}, got ${schema.secret ? describeSort(value) : describeValue(value)}`,
  )
}

/** Nuclio's exported files write what is not set as empty texts. */
function isAbsent(schema: Schema<unknown>, value: unknown): boolean {
  if (value === undefined || (value === null && schema.kind !== 'any')) return true
  return value === '' && (schema.kind === 'duration' || schema.kind === 'size' || schema.kind === 'choice')
}

function decodeAbsent(schema: Schema<unknown>, path: Path, list: FaultList): unknown {
  if (schema.default !== undefined) {
    return schema.kind === 'object' ? decodeAt(schema, schema.default, path, list) : structuredClone(schema.default)
  }
  if (schema.optional) return undefined
  addFault(list, { code: 'missing_key', path, at: 'key', message: 'is required' })
  return broken
}

function fail(list: FaultList, path: Path, message: string): typeof broken {
  addFault(list, { code: 'wrong_value', path, at: 'value', message })
  return broken
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function decodeList(schema: ListSchema, value: unknown, path: Path, list: FaultList): unknown {
  if (!Array.isArray(value)) return fail(list, path, `expected a list, got ${describeValue(value)}`)
  if (value.length < (schema.minItems ?? 0)) {
    return fail(list, path, `expected at least ${schema.minItems} items, got ${value.length}`)
  }
  const items = value.map((item, index) => decodeAt(schema.item, item, [...path, index], list))
  return items.filter((item) => item !== broken)
}

function decodeMap(schema: MapSchema, value: unknown, path: Path, list: FaultList): unknown {
  if (!isRecord(value)) return fail(list, path, `expected keys with values, got ${describeValue(value)}`)
  const entries: [string, unknown][] = []
  for (const key of Object.keys(value)) entries.push([key, decodeAt(schema.value, value[key], [...path, key], list)])
  // `fromEntries` defines keys, so that `__proto__` is a key like any other.
  return Object.fromEntries(entries.filter(([, item]) => item !== broken))
}

function decodeObject(schema: ObjectSchema, value: unknown, path: Path, list: FaultList): unknown {
  if (!isRecord(value)) return fail(list, path, `expected keys with values, got ${describeValue(value)}`)
  const { written, unknown } = matchKeys(schema, value, path, list)
  const entries: [string, unknown][] = schema.unknownKeys === 'keep' ? unknown.map((key) => [key, value[key]]) : []
  for (const [name, field] of Object.entries(schema.fields)) {
    const key = written.get(name)
    const decoded = decodeAt(field, key === undefined ? undefined : value[key], [...path, key ?? name], list)
    if (decoded !== broken && decoded !== undefined) entries.push([name, decoded])
  }
  return Object.fromEntries(entries)
}

/** Which written key is which field, and which are none. */
function matchKeys(
  schema: ObjectSchema,
  value: Record<string, unknown>,
  path: Path,
  list: FaultList,
): { written: Map<string, string>; unknown: string[] } {
  const names = fieldNames(schema)
  const written = new Map<string, string>()
  const unknown: string[] = []
  for (const key of Object.keys(value)) {
    const name = names.get(normaliseKey(key))
    if (name === undefined) unknown.push(key)
    else if (!written.has(name)) written.set(name, key)
    else {
      const message = `says the same as ${written.get(name)}: keep one of them`
      addFault(list, { code: 'duplicate_key', path: [...path, key], at: 'key', message })
    }
  }
  if (schema.unknownKeys === 'fault') for (const key of unknown) addUnknown(schema, [...path, key], key, list)
  return { written, unknown }
}

function addUnknown(schema: ObjectSchema, path: Path, key: string, list: FaultList): void {
  const near = nearest(key, Object.keys(schema.fields))
  const suggestion = near === undefined ? {} : { suggestion: spellLike(near, key) }
  addFault(list, { code: 'unknown_key', path, at: 'key', message: 'unknown', ...suggestion })
}

const namesBySchema = new WeakMap<ObjectSchema['fields'], Map<string, string>>()

/** Field names by every normalised spelling. */
export function fieldNames(schema: Pick<ObjectSchema, 'fields'>): ReadonlyMap<string, string> {
  const known = namesBySchema.get(schema.fields)
  if (known) return known
  const names = new Map<string, string>()
  for (const [name, field] of Object.entries(schema.fields)) {
    for (const alias of field.aliases ?? []) names.set(normaliseKey(alias), name)
  }
  for (const name of Object.keys(schema.fields)) names.set(normaliseKey(name), name)
  namesBySchema.set(schema.fields, names)
  return names
}
