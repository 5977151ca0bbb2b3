import path from 'node:path'
import {
  type Catalogue,
  type Found,
  type LogLevel,
  type RuntimeManifest,
  decode,
  isLogged,
  oneOf,
  parseHandler,
} from '@pelton/core'
import type { ConfigFault } from './config-fault.ts'
import { type FaultNotes, createFaultNotes } from './fault-notes.ts'
import { findKind } from './find-kind.ts'
import type { FunctionConfig } from './function-config.ts'
import { functionEnv, noteUnresolvedEnv } from './function-env.ts'
import { type FunctionFile, functionSchema } from './function-schema.ts'
import { readModels } from './model-config.ts'
import { withPlaces } from './misplaced-keys.ts'
import type { PlacedValue } from './placed-value.ts'
import { readCompat } from './read-compat.ts'
import { schemaUnder } from './schema-keys.ts'
import { readTriggers } from './trigger-config.ts'

/** What is known about a function beside its file. */
export interface FunctionSurroundings {
  /** Absolute folder that holds the handler. */
  folder: string
  /** The yaml file, or the source file with the inline block. */
  configFile?: string
  /** Taken when `metadata.name` is absent. */
  defaultName: string
  /** The handler's file name, when one file is the whole function: its entry is looked for there. */
  onlyFile?: string
  /** Runtime of the handler file that was found, taken when `spec.runtime` is empty. */
  runtimeOfHandler?: Found<RuntimeManifest> | undefined
  kubernetes: boolean
  /** The cluster makes the events of schedules. */
  scheduledByCluster?: boolean | undefined
  catalogue: Catalogue
}

/** Decodes and checks a whole function configuration; a config only when there is no error. Touches no files. */
export async function decodeFunction(
  placed: PlacedValue,
  around: FunctionSurroundings,
): Promise<{ config?: FunctionConfig; faults: ConfigFault[] }> {
  const { compat, faults: formFaults } = readCompat(placed.value)
  const notes = createFaultNotes(placed, compat)
  for (const fault of formFaults) notes[fault.isMild ? 'warning' : 'error'](fault.path, fault.message)
  const schema = functionSchema(compat)
  const { value, partial, faults } = decode(schema, placed.value ?? {})
  const spec = partial.spec ?? {}
  noteUnresolvedEnv(spec, notes)
  if (parseHandler(spec.handler ?? '') === undefined) {
    notes.error(['spec', 'handler'], 'expected entry or module:entry, with one colon at most')
  }
  const runtime = await readRuntime(spec, around, notes)
  const atTop = withPlaces(faults, { key: 'spec', schema: schemaUnder(schema, 'spec'), depth: 1 })
  const below = { key: 'runtimeAttributes', schema: runtime?.manifest.attributes, depth: 2 }
  notes.addSchemaFaults(withPlaces(atTop, below))
  const runtimeAttributes = readRuntimeAttributes(spec.runtimeAttributes, runtime, notes)
  const { kubernetes, scheduledByCluster = false, catalogue } = around
  const triggers = await readTriggers(spec.triggers ?? {}, {
    compat,
    folder: around.folder,
    kubernetes,
    scheduledByCluster,
    catalogue,
    runtime: runtime?.manifest,
    notes,
  })
  const models = await readModels(spec.models ?? {}, { catalogue, notes })
  if (notes.hasErrors() || !value || !runtime || !runtimeAttributes) return { faults: notes.faults }
  const config = toConfig(value, around, { compat, runtime, runtimeAttributes, triggers, models })
  return { config, faults: notes.faults }
}

async function readRuntime(
  { runtime, handler = '' }: { runtime?: string; handler?: string },
  around: FunctionSurroundings,
  notes: FaultNotes,
): Promise<Found<RuntimeManifest> | undefined> {
  if (runtime === undefined) return undefined
  const { catalogue, runtimeOfHandler, folder } = around
  if (runtime !== '') {
    const [kind = ''] = runtime.split(':')
    const search = await findKind('runtime', kind, {
      one: (name) => catalogue.runtime(name),
      all: () => catalogue.runtimes(),
    })
    if ('found' in search) return search.found
    notes.error(['spec', 'runtime'], search.message, { suggestion: search.suggestion })
    return undefined
  }
  if (runtimeOfHandler) return runtimeOfHandler
  const kinds = oneOf((await catalogue.runtimes()).map(({ manifest }) => manifest.kind))
  const file = handlerFileIn(handler)
  if (file === '') {
    const message = `is required, because no handler file in ${folder} tells it; give one of ${kinds}`
    notes.error(['spec', 'runtime'], message, { at: 'key' })
  } else {
    // Most likely its name is wrong, not the runtime missing.
    const message = `no handler file in ${folder} is ${JSON.stringify(file)}; mend the name, or give spec.runtime as one of ${kinds}`
    notes.error(['spec', 'handler'], message)
  }
  return undefined
}

/** The file that a `handler` setting names, with or without its ending; empty when it names an export only. */
function handlerFileIn(handler: string): string {
  const { module = '', entry = '' } = parseHandler(handler) ?? {}
  return module || (/\.\w+$/.test(entry) ? entry : '')
}

function readRuntimeAttributes(
  raw: Record<string, unknown> | undefined,
  runtime: Found<RuntimeManifest> | undefined,
  notes: FaultNotes,
): Record<string, unknown> | undefined {
  if (!runtime || !raw) return undefined
  const { value, faults } = decode(runtime.manifest.attributes, raw, ['spec', 'runtimeAttributes'])
  notes.addSchemaFaults(faults)
  return value
}

function toConfig(
  file: FunctionFile,
  around: FunctionSurroundings,
  read: Pick<FunctionConfig, 'compat' | 'runtimeAttributes' | 'triggers' | 'models'> & {
    runtime: Found<RuntimeManifest>
  },
): FunctionConfig {
  const { metadata, spec } = file
  const name = metadata.name || around.defaultName
  const handler = fullHandler(spec.handler, around.onlyFile)
  const { description, version, eventTimeout, drainDelay } = spec
  const logLevel = lowestLevel(spec.loggerSinks.map((sink) => sink.level))
  return {
    ...(around.configFile === undefined ? {} : { file: around.configFile }),
    folder: around.folder,
    compat: read.compat,
    name,
    namespace: metadata.namespace || 'default',
    version,
    description,
    labels: metadata.labels,
    annotations: metadata.annotations,
    runtime: spec.runtime || read.runtime.manifest.kind,
    runtimeManifest: read.runtime,
    runtimeAttributes: read.runtimeAttributes,
    handler,
    env: functionEnv(spec.env, { name, description, version, handler }),
    models: read.models,
    triggers: read.triggers,
    allowsDefaultTrigger: !spec.disableDefaultHTTPTrigger && Object.keys(spec.triggers).length === 0,
    ...(eventTimeout === undefined ? {} : { eventTimeoutMs: eventTimeout }),
    isolation: spec.isolation,
    exposeErrors: spec.exposeErrors,
    ...(drainDelay === undefined ? {} : { drainDelayMs: drainDelay }),
    terminationGraceMs: spec.terminationGracePeriod,
    ...(logLevel === undefined ? {} : { logLevel }),
  }
}

/** Where one file is the whole function, a handler without a module is that file's. */
function fullHandler(handler: string, onlyFile: string | undefined): string {
  if (onlyFile === undefined || handler.includes(':') || handler === onlyFile) return handler
  return handler === '' ? onlyFile : `${onlyFile}:${handler}`
}

/** The chattiest of some levels, with nuclio's `warning` for `warn`. */
export function lowestLevel(levels: readonly (LogLevel | 'warning' | undefined)[]): LogLevel | undefined {
  let lowest: LogLevel | undefined
  for (const written of levels) {
    const level = written === 'warning' ? 'warn' : written
    if (level !== undefined && (lowest === undefined || isLogged(lowest, level))) lowest = level
  }
  return lowest
}

/** A name for a function that gives none: its file's, unless that says nothing, else its folder's. */
export function nameOf(folder: string, handlerFile?: string): string {
  const stem = handlerFile === undefined ? '' : path.basename(handlerFile, path.extname(handlerFile))
  const isGeneric = ['', 'handler', 'index', 'main', 'function'].includes(stem)
  return (isGeneric ? path.basename(folder) : stem) || 'function'
}
