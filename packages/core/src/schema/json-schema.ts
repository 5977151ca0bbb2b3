import { durationPattern, formatDuration } from './duration.ts'
import type { DurationSchema, NumberSchema, ObjectSchema, Schema, SizeSchema, StringSchema } from './schema.ts'
import { formatSize, sizePattern } from './size.ts'

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Record<string, unknown>

/** The dialect, for the root of a schema file. */
export const jsonSchemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/** The schema for editors: descriptions, defaults as people write them, canonical spelling of keys. */
export function toJsonSchema(schema: Schema<unknown>): JsonSchema {
  const description = describe(schema)
  return {
    ...shape(schema),
    ...(description ? { description } : {}),
    ...(schema.default === undefined ? {} : { default: writtenDefault(schema) }),
  }
}

function describe(schema: Schema<unknown>): string {
  const notes: string[] = schema.doc ? [schema.doc] : []
  if (schema.kind === 'duration') notes.push(`a bare number is in ${schema.unit}`)
  if (schema.ignored) notes.push('kept, but not used by the processor')
  return notes.join('; ')
}

function writtenDefault(schema: Schema<unknown>): unknown {
  if (schema.kind === 'duration') return formatDuration(Number(schema.default))
  if (schema.kind === 'size') return formatSize(Number(schema.default))
  return schema.default
}

function shape(schema: Schema<unknown>): JsonSchema {
  switch (schema.kind) {
    case 'any':
      return {}
    case 'string':
      return stringShape(schema)
    case 'number':
    case 'integer':
      return { type: schema.kind, ...bounds(schema, 1) }
    case 'boolean':
      return { type: 'boolean' }
    case 'duration':
      return durationShape(schema)
    case 'size':
      return sizeShape(schema)
    case 'choice':
      return { type: 'string', enum: [...schema.choices] }
    case 'list':
      return { type: 'array', items: toJsonSchema(schema.item), ...given('minItems', schema.minItems) }
    case 'map':
      return { type: 'object', additionalProperties: toJsonSchema(schema.value) }
    case 'object':
      return objectShape(schema)
  }
}

function stringShape(schema: StringSchema): JsonSchema {
  const type = schema.acceptsScalars ? ['string', 'number', 'boolean'] : 'string'
  return { type, ...given('pattern', schema.pattern?.source), ...given('minLength', schema.minLength) }
}

function durationShape(schema: DurationSchema): JsonSchema {
  const examples = ['250ms', '5s', '1m30s']
  const limits = bounds({ min: 0, ...schema }, schema.unit === 's' ? 1000 : 1)
  return { type: ['string', 'number'], pattern: durationPattern.source, examples, ...limits }
}

function sizeShape(schema: SizeSchema): JsonSchema {
  // JSON Schema has no flag for letter case.
  const pattern = sizePattern.source.replace('[kmgt]i?', '[kmgtKMGT][iI]?').replace('b?', '[bB]?')
  return { type: ['string', 'integer'], pattern, examples: ['64KiB', '4MB'], ...bounds({ min: 0, ...schema }, 1) }
}

function objectShape(schema: ObjectSchema): JsonSchema {
  const properties: [string, JsonSchema][] = []
  const required: string[] = []
  for (const [name, field] of Object.entries(schema.fields)) {
    properties.push([name, toJsonSchema(field)])
    for (const alias of field.aliases ?? []) properties.push([alias, { ...toJsonSchema(field), deprecated: true }])
    if (field.default === undefined && !field.optional && !field.aliases?.length) required.push(name)
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    ...(schema.unknownKeys === 'fault' ? { additionalProperties: false } : {}),
  }
}

function bounds(schema: Pick<NumberSchema, 'min' | 'max'>, perUnit: number): JsonSchema {
  const scaled = (value: number | undefined): number | undefined => (value === undefined ? undefined : value / perUnit)
  return { ...given('minimum', scaled(schema.min)), ...given('maximum', scaled(schema.max)) }
}

function given(key: string, value: unknown): JsonSchema {
  return value === undefined ? {} : { [key]: value }
}
