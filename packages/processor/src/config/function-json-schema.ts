import {
  type JsonSchema,
  type RuntimeManifest,
  type SinkManifest,
  type TriggerManifest,
  jsonSchemaDialect,
  toJsonSchema,
  withSinkRules,
} from '@pelton/core'
import { fullFunctionSchema } from './function-schema.ts'
import { isRecord } from './placed-value.ts'
import { sinkSchema } from './sink-config.ts'

/** The kinds that a function file may name. */
export interface KnownKinds {
  triggers: readonly TriggerManifest[]
  sinks: readonly SinkManifest[]
  runtimes: readonly RuntimeManifest[]
}

/** JSON Schema (draft 2020-12) of `function.yaml` for editors: attributes follow the kind of trigger or sink, runtime attributes the runtime. */
export function toFunctionJsonSchema({ triggers, sinks, runtimes }: KnownKinds): JsonSchema {
  const root = toJsonSchema(fullFunctionSchema())
  const properties = childOf(root, 'properties')
  Object.assign(childOf(properties, 'apiVersion'), { enum: ['pelton/v1', 'nuclio.io/v1'] })
  Object.assign(childOf(properties, 'kind'), { enum: ['Function', 'NuclioFunction'] })
  const spec = childOf(properties, 'spec')
  const trigger = childOf(childOf(childOf(spec, 'properties'), 'triggers'), 'additionalProperties')
  const kinds = triggers.flatMap((manifest) => namesOf(manifest))
  Object.assign(childOf(childOf(trigger, 'properties'), 'kind'), { enum: kinds })
  trigger['allOf'] = triggers.map((manifest) => {
    const condition = { properties: { kind: { enum: namesOf(manifest) } }, required: ['kind'] }
    return when(condition, { attributes: withSinks(toJsonSchema(manifest.attributes)) })
  })
  spec['allOf'] = runtimes.map((manifest) => {
    const pattern = `^(?:${namesOf(manifest).join('|')})(?::|$)`
    const condition = { properties: { runtime: { type: 'string', pattern } }, required: ['runtime'] }
    return when(condition, { runtimeAttributes: toJsonSchema(manifest.attributes) })
  })
  return { $schema: jsonSchemaDialect, title: 'A Pelton function', ...root, $defs: { sink: sinkShape(sinks) } }
}

/** A trigger's attributes may hold its sinks. */
function withSinks(attributes: JsonSchema): JsonSchema {
  const sink = { $ref: '#/$defs/sink' }
  const properties = {
    ...childOf(attributes, 'properties'),
    sink: { ...sink, description: 'Where responses go besides the caller' },
    sinks: { type: 'array', items: sink, description: 'Several sinks' },
  }
  return { ...attributes, properties }
}

function sinkShape(sinks: readonly SinkManifest[]): JsonSchema {
  const shape = toJsonSchema(sinkSchema)
  Object.assign(childOf(childOf(shape, 'properties'), 'kind'), { enum: sinks.flatMap(namesOf) })
  const allOf = sinks.map((manifest) => {
    const condition = { properties: { kind: { enum: namesOf(manifest) } }, required: ['kind'] }
    return when(condition, { attributes: toJsonSchema(withSinkRules(manifest.attributes)) })
  })
  return { ...shape, allOf }
}

function when(condition: JsonSchema, properties: JsonSchema): JsonSchema {
  // JSON Schema calls it so; nobody awaits it.
  // oxlint-disable-next-line unicorn/no-thenable
  return { if: condition, then: { properties } }
}

function namesOf(manifest: { kind: string; aliases?: readonly string[] }): string[] {
  return [manifest.kind, ...(manifest.aliases ?? [])]
}

function childOf(node: JsonSchema, key: string): JsonSchema {
  const child = node[key]
  if (!isRecord(child)) throw new TypeError(`The schema of a function has no ${key}`)
  return child
}
