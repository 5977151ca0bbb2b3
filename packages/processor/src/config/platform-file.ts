import { access } from 'node:fs/promises'
import path from 'node:path'
import { type PartOf, type Static, decode, normaliseKey, parseListenAddress, quote, schema } from '@pelton/core'
import type { ConfigFault } from './config-fault.ts'
import { lowestLevel } from './decode-function.ts'
import { type FaultNotes, createFaultNotes } from './fault-notes.ts'
import type { PlatformConfig } from './function-config.ts'
import { parseYaml } from './parse-yaml.ts'
import type { PlacedValue } from './placed-value.ts'
import { readConfigText } from './read-text.ts'

/** Where nuclio mounts the platform file. */
export const defaultPlatformFile = '/etc/nuclio/config/platform/platform.yaml'

const defaultPullAddress = ':8090'

const { any, boolean, choice, list, map, object, optional, string } = schema
const keep = { unknownKeys: 'keep', default: {} } as const

const listener = object({ enabled: boolean({ default: true }), listenAddress: optional(string()) }, keep)
const routes = list(
  object(
    { level: optional(choice(['debug', 'info', 'warn', 'warning', 'error'])), sink: optional(string()) },
    { unknownKeys: 'keep' },
  ),
  { default: [] },
)
const metricsSink = object(
  {
    kind: optional(string()),
    enabled: boolean({ default: true }),
    url: optional(string()),
    attributes: optional(any()),
  },
  { unknownKeys: 'keep' },
)
const names = optional(list(string()))

/** The keys of nuclio's platform file that a processor uses, and `functions`; a cluster knows many more. */
const platformSchema = object(
  {
    webAdmin: listener,
    healthCheck: listener,
    metrics: object({ sinks: map(metricsSink, { default: {} }), system: names, functions: names }, keep),
    logger: object({ system: routes, functions: routes }, keep),
    functions: map(string(), { default: {} }),
    disableDefaultHTTPTrigger: boolean({ default: false }),
    cronTriggerCreationMode: choice(['processor', 'kube'], { default: 'processor' }),
  },
  keep,
)

const instanceAttributes = object({ instanceName: optional(string()) }, { unknownKeys: 'keep' })

type PlatformFile = Static<typeof platformSchema>

/** A platform file as it was read. */
export interface ReadPlatform {
  /** Absent when there is an error among the faults. */
  platform?: PlatformConfig
  faults: ConfigFault[]
}

/** Reads a platform file. A file that is named must be there; without a name nuclio's place is tried, then the defaults hold. */
export async function readPlatformFile(file?: string): Promise<ReadPlatform> {
  const full = path.resolve(file ?? defaultPlatformFile)
  const isThere = await access(full).then(
    () => true,
    () => false,
  )
  if (file === undefined && !isThere) return decodePlatform({ value: {}, places: new WeakMap(), file: full })
  const read = await readConfigText(full)
  if ('fault' in read) return { faults: [read.fault] }
  const places = new WeakMap()
  const { value, faults } = await parseYaml(read.text, { file: full, places, areWordsBooleans: true })
  if (faults.some((fault) => fault.severity === 'error')) return { faults }
  const decoded = decodePlatform({ value, places, file: full })
  return { ...decoded, faults: [...faults, ...decoded.faults] }
}

/** Decodes a platform configuration. Unknown keys are a cluster's and are let through. */
function decodePlatform(placed: PlacedValue): ReadPlatform {
  const notes = createFaultNotes(placed, 'nuclio')
  const { value, partial, faults } = decode(platformSchema, placed.value ?? {})
  notes.addSchemaFaults(faults)
  noteAddresses(partial, notes)
  const instanceName = value && readInstanceName(value, notes)
  if (!value || notes.hasErrors()) return { faults: notes.faults }
  return { platform: toPlatform(value, instanceName), faults: notes.faults }
}

function noteAddresses(file: PartOf<PlatformFile>, notes: FaultNotes): void {
  const check = (where: string[], address: string | undefined): void => {
    if (!address || parseListenAddress(address)) return
    notes.error(where, `expected an address such as :8081 or 127.0.0.1:8081, got ${quote(address, 40)}`)
  }
  check(['webAdmin', 'listenAddress'], file.webAdmin?.listenAddress)
  check(['healthCheck', 'listenAddress'], file.healthCheck?.listenAddress)
  for (const [name, sink] of Object.entries(file.metrics?.sinks ?? {})) {
    if (sink && isPull(sink)) check(['metrics', 'sinks', name, 'url'], sink.url)
  }
  for (const [name, url] of Object.entries(file.functions ?? {})) {
    if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) {
      notes.error(['functions', name], `expected a URL such as http://127.0.0.1:8080, got ${quote(url, 60)}`)
    }
  }
}

function isPull(sink: { kind?: string }): boolean {
  return normaliseKey(sink.kind ?? '') === 'prometheuspull'
}

/** The pull sinks that are chosen: those that `metrics.system` or `metrics.functions` name, all when neither is given. */
function chosenSinks(file: PlatformFile): { name: string; url?: string; attributes?: unknown }[] {
  const { sinks, system, functions } = file.metrics
  const isGiven = system !== undefined || functions !== undefined
  const chosen = new Set([...(system ?? []), ...(functions ?? [])])
  return Object.entries(sinks)
    .filter(([name, sink]) => isPull(sink) && sink.enabled && (!isGiven || chosen.has(name)))
    .map(([name, { url, attributes }]) => ({ name, ...(url ? { url } : {}), attributes }))
}

function readInstanceName(file: PlatformFile, notes: FaultNotes): string | undefined {
  for (const { name, attributes } of chosenSinks(file)) {
    const { value, faults } = decode(instanceAttributes, attributes ?? {}, ['metrics', 'sinks', name, 'attributes'])
    notes.addSchemaFaults(faults)
    if (value?.instanceName) return value.instanceName
  }
  return undefined
}

function toPlatform(file: PlatformFile, instanceName: string | undefined): PlatformConfig {
  const levels = (file.logger.functions.length > 0 ? file.logger.functions : file.logger.system).map((to) => to.level)
  const logLevel = lowestLevel(levels)
  return {
    webAdmin: toListener(file.webAdmin),
    healthCheck: toListener(file.healthCheck),
    metricsPull: chosenSinks(file).map((sink) => sink.url ?? defaultPullAddress),
    ...(instanceName === undefined ? {} : { instanceName }),
    functions: file.functions,
    disablesDefaultTrigger: file.disableDefaultHTTPTrigger,
    ...(file.cronTriggerCreationMode === 'kube' ? { schedulesCron: true } : {}),
    ...(logLevel === undefined ? {} : { logLevel }),
  }
}

function toListener(listener: PlatformFile['webAdmin']): PlatformConfig['webAdmin'] {
  const { enabled, listenAddress } = listener
  return { enabled, ...(listenAddress ? { listenAddress } : {}) }
}
