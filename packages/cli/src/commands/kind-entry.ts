import {
  type Catalogue,
  type HandlerMember,
  type JsonSchema,
  type RuntimeManifest,
  type SinkManifest,
  type Stability,
  type TableRow,
  type TriggerManifest,
  toJsonSchema,
  toTable,
  withSinkRules,
} from '@pelton/core'

/** The families of kinds. */
export const families = ['triggers', 'sinks', 'runtimes'] as const

/** A kind as the command shows it; all of it comes from the manifest. */
export interface KindEntry {
  family: (typeof families)[number]
  kind: string
  aliases: readonly string[]
  stability: Stability
  summary: string
  /** Facts of the family: class, endings of handlers. */
  facts: Readonly<Record<string, string>>
  /** `attributes` of a trigger or sink, `runtimeAttributes` of a runtime. */
  attributes: readonly TableRow[]
  schema: JsonSchema
  /** `event.fields` that a trigger fills. */
  fields: Readonly<Record<string, string>>
  handlerMembers: readonly HandlerMember[]
  /** What `pelton kinds KIND TEXT` shows of a value of this attribute. */
  preview?: { attribute: string; doc: string }
}

/** Every kind of a catalogue: triggers, sinks, then runtimes, each sorted. */
export async function listKinds(catalogue: Catalogue): Promise<KindEntry[]> {
  const triggers = await catalogue.triggers()
  const sinks = await catalogue.sinks()
  const runtimes = await catalogue.runtimes()
  return [
    ...triggers.map(({ manifest }) => triggerEntry(manifest)),
    ...sinks.map(({ manifest }) => sinkEntry(manifest)),
    ...runtimes.map(({ manifest }) => runtimeEntry(manifest)),
  ]
}

function triggerEntry(manifest: TriggerManifest): KindEntry {
  const { preview } = manifest
  return {
    family: 'triggers',
    ...shared(manifest),
    facts: { class: manifest.class },
    fields: manifest.fields ?? {},
    handlerMembers: manifest.handlerMembers ?? [],
    ...(preview ? { preview: { attribute: preview.attribute, doc: preview.doc } } : {}),
  }
}

/** With the attributes that all sinks have. */
function sinkEntry(manifest: SinkManifest): KindEntry {
  const whole = { ...manifest, attributes: withSinkRules(manifest.attributes) }
  return { family: 'sinks', ...shared(whole), facts: {}, fields: {}, handlerMembers: [] }
}

function runtimeEntry(manifest: RuntimeManifest): KindEntry {
  return {
    family: 'runtimes',
    ...shared(manifest),
    facts: { handlers: manifest.extensions.join(', '), concurrency: String(manifest.defaultConcurrency) },
    fields: {},
    handlerMembers: [],
  }
}

function shared(manifest: TriggerManifest | SinkManifest | RuntimeManifest) {
  return {
    kind: manifest.kind,
    aliases: manifest.aliases ?? [],
    stability: manifest.stability,
    summary: manifest.summary,
    attributes: toTable(manifest.attributes),
    schema: toJsonSchema(manifest.attributes),
  }
}
