import {
  type Catalogue,
  type Compat,
  type Path,
  decode,
  normaliseKey,
  schema,
  splitSinkRules,
  withSinkRules,
} from '@pelton/core'
import { checkTogether } from './check-together.ts'
import type { FaultNotes } from './fault-notes.ts'
import { findKind } from './find-kind.ts'
import type { SinkConfig } from './function-config.ts'
import { isRecord } from './placed-value.ts'
import { writtenKey } from './schema-keys.ts'

/** What reading sinks depends on. */
interface SinkReading {
  compat: Compat
  catalogue: Catalogue
  notes: FaultNotes
}

/** One sink as it is written, and where. */
interface WrittenSink {
  value: unknown
  path: Path
}

/** One entry of `sink` or `sinks`; the kind's own schema reads `attributes`. */
export const sinkSchema = schema.object({
  kind: schema.string({ minLength: 1, doc: 'Kind of the sink' }),
  attributes: schema.map(schema.any(), { default: {}, doc: 'What the kind needs; see its page' }),
})

/** Whether a key of a trigger's attributes names its sinks: they are no attributes of its kind. */
export function isSinkKey(key: string): boolean {
  return ['sink', 'sinks'].includes(normaliseKey(key))
}

/** Reads the sinks among a trigger's raw attributes, which stand at `path`; notes every fault, gives those that are right. */
export async function readSinks(
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  reading: SinkReading,
): Promise<SinkConfig[]> {
  const read: SinkConfig[] = []
  for (const written of writtenSinks(raw, path, reading)) {
    const config = await readSink(written, reading)
    if (config) read.push(config)
  }
  return withNames(read)
}

/** nuclio's exported files write what is not set as empty values. */
function writtenSinks(
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  { notes }: Pick<SinkReading, 'notes'>,
): WrittenSink[] {
  const [key, ...others] = Object.keys(raw).filter((name) => isSinkKey(name) && !isEmpty(raw[name]))
  if (key === undefined) return []
  for (const other of others) {
    notes.error([...path, other], `cannot stand beside ${key}: put all sinks into one list, sinks`, { at: 'key' })
  }
  const value = raw[key]
  if (normaliseKey(key) === 'sink') return [{ value, path: [...path, key] }]
  if (!Array.isArray(value)) {
    notes.error([...path, key], 'expected a list of sinks; a single one stands under sink')
    return []
  }
  return value.map((item: unknown, index) => ({ value: item, path: [...path, key, index] }))
}

async function readSink({ value, path }: WrittenSink, reading: SinkReading): Promise<SinkConfig | undefined> {
  const { compat, catalogue, notes } = reading
  const { partial, faults } = decode(sinkSchema, value, path)
  notes.addSchemaFaults(faults)
  if (partial.kind === undefined) return undefined
  const search = await findKind('sink kind', partial.kind, {
    one: (kind) => catalogue.sink(kind),
    all: () => catalogue.sinks(),
  })
  if (!('found' in search)) {
    const place = [...path, writtenKey(sinkSchema, Object(value), 'kind') ?? 'kind']
    notes.error(place, search.message, { suggestion: search.suggestion })
    return undefined
  }
  const { manifest } = search.found
  const full = withSinkRules(manifest.attributes)
  const raw = partial.attributes ?? {}
  const place = [...path, writtenKey(sinkSchema, Object(value), 'attributes') ?? 'attributes']
  const decoded = decode(full, raw, place)
  notes.addSchemaFaults(decoded.faults)
  if (!decoded.value) return undefined
  const { attributes, rules } = splitSinkRules(decoded.value)
  checkTogether(manifest.check?.(attributes, { compat }) ?? [], { schema: full, raw, path: place }, notes)
  return { manifest: search.found, settings: { name: manifest.kind, kind: manifest.kind, attributes }, rules }
}

/** A further sink of a kind has a number in its name: `webhook`, `webhook_2`. */
function withNames(sinks: readonly SinkConfig[]): SinkConfig[] {
  const seen = new Map<string, number>()
  return sinks.map((sink) => {
    const { kind } = sink.settings
    const number = (seen.get(kind) ?? 0) + 1
    seen.set(kind, number)
    return number === 1 ? sink : { ...sink, settings: { ...sink.settings, name: `${kind}_${number}` } }
  })
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isRecord(value)) return Object.values(value).every(isEmpty)
  return (value ?? '') === ''
}
