import {
  type Catalogue,
  type Compat,
  type Found,
  type PartOf,
  type RuntimeManifest,
  type TriggerManifest,
  decode,
  normaliseKey,
  quote,
} from '@pelton/core'
import type { FaultNotes } from './fault-notes.ts'
import { findKind } from './find-kind.ts'
import type { TriggerConfig } from './function-config.ts'
import { getOwn, isRecord } from './placed-value.ts'
import { type TriggerEntry, triggerSchema } from './trigger-schema.ts'

/** What reading a trigger depends on. */
export interface TriggerReading {
  compat: Compat
  kubernetes: boolean
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
    if (config) configs.push(config)
  }
  noteMixedPools(configs, reading.notes)
  return configs
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

async function readTrigger(name: string, raw: unknown, reading: TriggerReading): Promise<TriggerConfig | undefined> {
  const { notes, compat } = reading
  const path = ['spec', 'triggers', name]
  const { value, partial, faults } = decode(triggerSchema(compat !== 'none'), raw ?? {}, path)
  notes.addSchemaFaults(faults)
  noteUnsupported(name, partial, reading)
  if (partial.kind === undefined) return undefined
  const search = await findKind('trigger kind', partial.kind, {
    one: (kind) => reading.catalogue.trigger(kind),
    all: () => reading.catalogue.triggers(),
  })
  if (!('found' in search)) {
    notes.error([...path, 'kind'], search.message, { suggestion: search.suggestion })
    return undefined
  }
  const attributes = readAttributes(name, partial.attributes, search.found.manifest, notes)
  if (!value || !attributes || value.disabled) return undefined
  return toConfig(name, value, attributes, { ...reading, found: search.found })
}

function noteUnsupported(name: string, entry: PartOf<TriggerEntry>, { notes, runtime }: TriggerReading): void {
  const path = ['spec', 'triggers', name]
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
  name: string,
  raw: Record<string, unknown> = {},
  manifest: TriggerManifest,
  notes: FaultNotes,
): Record<string, unknown> | undefined {
  const path = ['spec', 'triggers', name, 'attributes']
  const isSink = (key: string): boolean => ['sink', 'sinks'].includes(normaliseKey(key))
  for (const key of Object.keys(raw).filter(isSink)) noteSink([...path, key], raw[key], notes)
  const own = Object.fromEntries(Object.entries(raw).filter(([key]) => !isSink(key)))
  const { value, faults } = decode(manifest.attributes, own, path)
  notes.addSchemaFaults(faults)
  return value
}

function noteSink(path: string[], sink: unknown, notes: FaultNotes): void {
  const isEmpty = isRecord(sink) ? Object.keys(sink).length === 0 : (sink ?? '') === ''
  if (isEmpty) return
  const kind = getOwn(sink, 'kind')
  const which = typeof kind === 'string' ? ` ${quote(kind, 40)}` : ''
  notes.error(path, `unknown sink kind${which}; none is installed`, { at: 'key' })
}

function toConfig(
  name: string,
  entry: TriggerEntry,
  attributes: Record<string, unknown>,
  facts: TriggerReading & { found: Found<TriggerManifest> },
): TriggerConfig {
  const { found, compat, folder, kubernetes } = facts
  const wait = entry.workerAvailabilityTimeoutMilliseconds
  const { url, username, password, secret, concurrency, workerAllocatorName, batch } = entry
  return {
    manifest: found,
    settings: {
      name,
      kind: found.manifest.kind,
      attributes,
      compat,
      folder,
      kubernetes,
      // Empty is nuclio's way to say that it is not set.
      ...(url ? { url } : {}),
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(secret ? { secret } : {}),
    },
    numWorkers: entry.numWorkers || entry.maxWorkers || 1,
    ...(concurrency === undefined ? {} : { concurrency }),
    workerWaitMs: wait < 0 ? defaultWaitMs : wait,
    workerTerminationMs: entry.workerTerminationTimeout,
    ...(workerAllocatorName ? { workerAllocatorName } : {}),
    ...(batch.mode === 'enable' ? { batch: { size: batch.batchSize, timeoutMs: batch.timeout } } : {}),
    placement: entry.placement,
    requiredForReady: entry.requiredForReady,
  }
}
