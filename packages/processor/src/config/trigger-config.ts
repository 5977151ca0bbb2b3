import {
  type Catalogue,
  type Compat,
  type Found,
  type PartOf,
  type RuntimeManifest,
  type TriggerManifest,
  decode,
  isPeltonError,
  quote,
} from '@pelton/core'
import { checkTogether } from './check-together.ts'
import type { FaultNotes } from './fault-notes.ts'
import { findKind } from './find-kind.ts'
import type { SinkConfig, TriggerConfig } from './function-config.ts'
import { withPlaces } from './misplaced-keys.ts'
import { writtenKey } from './schema-keys.ts'
import { isSinkKey, readSinks } from './sink-config.ts'
import { type TriggerEntry, triggerSchema } from './trigger-schema.ts'
import { yieldPorts } from './yield-ports.ts'

/** What reading a trigger depends on. */
export interface TriggerReading {
  compat: Compat
  kubernetes: boolean
  /** See `TriggerSettings`. */
  scheduledByCluster?: boolean
  /** Absolute folder of the function. */
  folder: string
  catalogue: Catalogue
  /** The function's; undefined when it is not known. */
  runtime: RuntimeManifest | undefined
  notes: FaultNotes
}

const defaultWaitMs = 10_000

/** Reads `spec.triggers`: every fault of every trigger is noted, disabled ones included; only enabled and right ones come back. */
export async function readTriggers(
  triggers: Readonly<Record<string, unknown>>,
  reading: TriggerReading,
): Promise<TriggerConfig[]> {
  const configs: TriggerConfig[] = []
  for (const [name, raw] of Object.entries(triggers)) {
    const config = await readTrigger(name, raw, reading)
    if (config && hasAddress(config, reading.notes)) configs.push(config)
  }
  noteMixedPools(configs, reading.notes)
  noteIdleConcurrency(configs, reading.notes)
  yieldPorts(configs)
  return configs
}

/** Notes an address that cannot be read, as kinds say when they are asked where they are going to listen. */
function hasAddress({ manifest, settings, sinks }: TriggerConfig, notes: FaultNotes): boolean {
  try {
    manifest.manifest.listens?.(settings)
    for (const sink of sinks) sink.manifest.manifest.listens?.(sink.settings.attributes)
    return true
  } catch (error) {
    if (!isPeltonError(error)) throw error
    notes.error(['spec', 'triggers', settings.name, 'url'], `${error.message}. ${error.help}`)
    return false
  }
}

/** A handler cannot tell whether it is given one event or several: the triggers of a pool must agree. */
function noteMixedPools(configs: readonly TriggerConfig[], notes: FaultNotes): void {
  const first = new Map<string, TriggerConfig>()
  for (const config of configs) {
    const pool = config.workerAllocatorName
    if (pool === undefined) continue
    const other = first.get(pool) ?? config
    first.set(pool, other)
    if (Boolean(other.batch) === Boolean(config.batch)) continue
    const [batching, single] = config.batch ? [config, other] : [other, config]
    const names = `${quote(batching.settings.name, 40)} takes batches and ${quote(single.settings.name, 40)} does not`
    const message = `${names}, yet they share the workers of ${quote(pool, 40)}; give them the same batch.mode or different workers`
    notes.error(['spec', 'triggers', config.settings.name, 'workerAllocatorName'], message)
  }
}

/** Workers have one `concurrency`, whoever shares them. */
function noteIdleConcurrency(configs: readonly TriggerConfig[], notes: FaultNotes): void {
  const first = new Map<string, TriggerConfig>()
  for (const config of configs) {
    const pool = config.workerAllocatorName
    if (pool === undefined || config.concurrency === undefined) continue
    const other = first.get(pool) ?? config
    first.set(pool, other)
    if (other.concurrency === config.concurrency) continue
    const message = `has no effect: the workers of ${quote(pool, 40)} have that of ${quote(other.settings.name, 40)}, ${other.concurrency}`
    notes.warning(['spec', 'triggers', config.settings.name, 'concurrency'], message, { at: 'key' })
  }
}

async function readTrigger(name: string, raw: unknown, reading: TriggerReading): Promise<TriggerConfig | undefined> {
  const { notes, compat } = reading
  const path = ['spec', 'triggers', name]
  const entrySchema = triggerSchema(compat !== 'none')
  const { value, partial, faults } = decode(entrySchema, raw ?? {}, path)
  const search =
    partial.kind === undefined
      ? undefined
      : await findKind('trigger kind', partial.kind, {
          one: (kind) => reading.catalogue.trigger(kind),
          all: () => reading.catalogue.triggers(),
        })
  const schema = search && 'found' in search ? search.found.manifest.attributes : undefined
  notes.addSchemaFaults(withPlaces(faults, { key: 'attributes', schema, depth: path.length + 1 }))
  noteUnsupported(name, partial, reading)
  const attributesPath = [...path, writtenKey(entrySchema, Object(raw), 'attributes') ?? 'attributes']
  const sinks = await readSinks(partial.attributes ?? {}, attributesPath, reading)
  if (search === undefined) return undefined
  if (!('found' in search)) {
    notes.error([...path, 'kind'], search.message, { suggestion: search.suggestion })
    return undefined
  }
  const { found } = search
  const attributes = readAttributes(partial.attributes ?? {}, attributesPath, { ...reading, found })
  if (!value || !attributes || value.disabled) return undefined
  return toConfig(name, value, { attributes, sinks }, { ...reading, found })
}

function noteUnsupported(name: string, entry: PartOf<TriggerEntry>, { notes, runtime }: TriggerReading): void {
  const path = ['spec', 'triggers', name]
  if (name === '') notes.error(path, 'a trigger needs a name: its key is empty', { at: 'key' })
  if (entry.name && entry.name !== name) {
    notes.error([...path, 'name'], `must be ${quote(name, 40)}, the key of the trigger, or be left out`)
  }
  if (entry.numWorkers !== undefined && entry.maxWorkers !== undefined && entry.numWorkers !== entry.maxWorkers) {
    notes.warning([...path, 'maxWorkers'], 'has no effect beside numWorkers', { at: 'key' })
  }
  if (entry.batch?.mode === 'enable' && runtime && !runtime.takesBatches) {
    notes.error([...path, 'batch', 'mode'], `the runtime ${runtime.kind} takes no batches; use disable`)
  }
  if (entry.explicitAckMode !== undefined && entry.explicitAckMode !== 'disable') {
    const message = 'explicit acknowledgement is not available in this version of Pelton; use disable'
    notes.error([...path, 'explicitAckMode'], message)
  }
}

function readAttributes(
  raw: Readonly<Record<string, unknown>>,
  path: readonly string[],
  { found: { manifest }, compat, notes }: TriggerReading & { found: Found<TriggerManifest> },
): Record<string, unknown> | undefined {
  const own = Object.fromEntries(Object.entries(raw).filter(([key]) => !isSinkKey(key)))
  const { value, faults } = decode(manifest.attributes, own, path)
  notes.addSchemaFaults(faults)
  if (value) {
    const found = manifest.check?.(value, { compat, written: own }) ?? []
    checkTogether(found, { schema: manifest.attributes, raw: own, path }, notes)
  }
  return value
}

function toConfig(
  name: string,
  entry: TriggerEntry,
  { attributes, sinks }: { attributes: Record<string, unknown>; sinks: SinkConfig[] },
  facts: TriggerReading & { found: Found<TriggerManifest> },
): TriggerConfig {
  const { found, compat, folder, kubernetes, scheduledByCluster, runtime } = facts
  const wait = entry.workerAvailabilityTimeoutMilliseconds
  const { url, username, password, secret, concurrency, workerAllocatorName, batch } = entry
  const numWorkers = entry.numWorkers || entry.maxWorkers || 1
  return {
    manifest: found,
    settings: {
      name,
      kind: found.manifest.kind,
      attributes,
      compat,
      folder,
      kubernetes,
      numWorkers,
      ...(runtime ? { runtime: runtime.kind } : {}),
      ...(scheduledByCluster ? { scheduledByCluster } : {}),
      // Empty is nuclio's way to say that it is not set.
      ...(url ? { url } : {}),
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(secret ? { secret } : {}),
    },
    numWorkers,
    ...(concurrency === undefined ? {} : { concurrency }),
    workerWaitMs: wait < 0 ? defaultWaitMs : wait,
    workerTerminationMs: entry.workerTerminationTimeout,
    ...(workerAllocatorName ? { workerAllocatorName } : {}),
    ...(batch.mode === 'enable' ? { batch: { size: batch.batchSize, timeoutMs: batch.timeout } } : {}),
    placement: entry.placement,
    requiredForReady: entry.requiredForReady,
    sinks,
  }
}
