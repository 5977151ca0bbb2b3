import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeManifests } from './fixtures/fake-catalogue.ts'
import { toFunctionJsonSchema } from './function-json-schema.ts'

function at(node: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], node)
}

const root = toFunctionJsonSchema(fakeManifests)

test('the schema names its dialect and the forms of a file', () => {
  assert.equal(root['$schema'], 'https://json-schema.org/draft/2020-12/schema')
  assert.deepEqual(at(root, 'properties', 'apiVersion', 'enum'), ['pelton/v1', 'nuclio.io/v1'])
  assert.equal(root['additionalProperties'], false)
})

test('attributes follow the kind, under each of its names', () => {
  const trigger = at(root, 'properties', 'spec', 'properties', 'triggers', 'additionalProperties')
  assert.deepEqual(at(trigger, 'properties', 'kind', 'enum'), ['http', 'mjpeg', 'rabbit-mq', 'rabbitMq'])
  assert.deepEqual(at(trigger, 'allOf', 2, 'if'), {
    properties: { kind: { enum: ['rabbit-mq', 'rabbitMq'] } },
    required: ['kind'],
  })
  assert.deepEqual(at(trigger, 'allOf', 0, 'then', 'properties', 'attributes', 'properties', 'port'), {
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
  })
})

test('each trigger takes sinks, whose attributes follow their kind with those of all sinks', () => {
  const trigger = at(root, 'properties', 'spec', 'properties', 'triggers', 'additionalProperties')
  const attributes = at(trigger, 'allOf', 0, 'then', 'properties', 'attributes', 'properties')
  assert.equal(at(attributes, 'sink', '$ref'), '#/$defs/sink')
  assert.deepEqual(at(attributes, 'sinks', 'items'), { $ref: '#/$defs/sink' })
  const sink = at(root, '$defs', 'sink')
  assert.deepEqual(at(sink, 'properties', 'kind', 'enum'), ['mjpeg', 'webhook'])
  const webhook = at(sink, 'allOf', 1, 'then', 'properties', 'attributes')
  assert.deepEqual(Object.keys(at(webhook, 'properties') as object), [
    'url',
    'maxRetries',
    'queue_size',
    'queue_bytes',
    'drop',
    'include_errors',
    'reorder_ms',
  ])
  assert.deepEqual(at(webhook, 'required'), ['url'])
})

test('runtime attributes follow the runtime, with any version', () => {
  const rule = at(root, 'properties', 'spec', 'allOf', 1)
  const pattern = new RegExp(String(at(rule, 'if', 'properties', 'runtime', 'pattern')))
  assert.deepEqual(
    ['python', 'python:3.11', 'pythonic'].map((text) => pattern.test(text)),
    [true, true, false],
  )
  assert.deepEqual(at(rule, 'then', 'properties', 'runtimeAttributes', 'properties'), { path: { type: 'string' } })
})

test('it can be written to a file', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(root)), root)
})
