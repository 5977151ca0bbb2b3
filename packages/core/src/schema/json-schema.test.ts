import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toJsonSchema } from './json-schema.ts'
import * as schema from './schema.ts'

test('an object becomes properties with descriptions, defaults and what is required', () => {
  const one = schema.object({
    url: schema.string({ doc: 'Where to listen', minLength: 1 }),
    topic: schema.string({ aliases: ['queue'] }),
    workers: schema.integer({ min: 1, max: 9, default: 1, aliases: ['maxWorkers'] }),
    limit: schema.size({ default: 65_536, ignored: true }),
    mode: schema.choice(['a', 'b'], { default: 'a' }),
    tags: schema.optional(schema.list(schema.string(), { minItems: 1 })),
    anything: schema.optional(schema.any()),
  })
  assert.deepEqual(toJsonSchema(one), {
    type: 'object',
    properties: {
      url: { type: 'string', minLength: 1, description: 'Where to listen' },
      topic: { type: 'string' },
      queue: { type: 'string', deprecated: true },
      workers: { type: 'integer', minimum: 1, maximum: 9, default: 1 },
      maxWorkers: { type: 'integer', minimum: 1, maximum: 9, default: 1, deprecated: true },
      limit: {
        type: ['string', 'integer'],
        pattern: String.raw`^\d+(?:\.\d+)? ?(?:[kmgtKMGT][iI]?)?[bB]?$`,
        examples: ['64KiB', '4MB'],
        minimum: 0,
        description: 'kept, but not used by the processor',
        default: '64KiB',
      },
      mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1 },
      anything: {},
    },
    required: ['url'],
    additionalProperties: false,
  })
})

test('a duration is a text or a number in its unit, with bounds in that unit', () => {
  const one = toJsonSchema(schema.duration({ unit: 's', default: 10_000, max: 60_000, doc: 'How long' }))
  assert.deepEqual(one['type'], ['string', 'number'])
  assert.equal(one['maximum'], 60)
  assert.equal(one['default'], '10s')
  assert.equal(one['description'], 'How long; a bare number is in s')
  assert.ok(new RegExp(String(one['pattern'])).test('1m30s'))
})

test('maps and open objects let keys through', () => {
  assert.deepEqual(toJsonSchema(schema.map(schema.boolean())), {
    type: 'object',
    additionalProperties: { type: 'boolean' },
  })
  assert.deepEqual(toJsonSchema(schema.object({}, { unknownKeys: 'keep' })), { type: 'object', properties: {} })
})
