import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as schema from './schema.ts'
import { toMarkdownTable, toTable } from './table.ts'

const attributes = schema.object({
  url: schema.string({ doc: 'Where | to listen' }),
  limit: schema.size({ default: 4_194_304, aliases: ['bodyLimit'], doc: 'Largest body' }),
  wait: schema.duration({ unit: 'ms', default: 10_000, max: 60_000 }),
  cors: schema.object(
    {
      origins: schema.list(schema.string(), { default: ['*', 'a'] }),
      mode: schema.choice(['a', 'b'], { default: 'b' }),
    },
    { default: {} },
  ),
  ingresses: schema.optional(schema.map(schema.object({ host: schema.optional(schema.string()) }), { ignored: true })),
})

test('each key has a row with its path, type, default as people write it, and unit', () => {
  const rows = toTable(attributes).map((row) => [row.key, row.type, row.default, row.unit, row.meaning])
  assert.deepEqual(rows, [
    ['url', 'text', 'required', '', 'Where | to listen'],
    ['limit', 'size', '4MiB', 'bytes', 'Largest body; also `bodyLimit`'],
    ['wait', 'duration, at most 1m', '10s', 'ms', ''],
    ['cors', 'keys', '', '', ''],
    ['cors.origins', 'list of text', '*, a', '', ''],
    ['cors.mode', '`a` or `b`', 'b', '', ''],
    ['ingresses', 'keys with keys', '', '', 'accepted, but not used here'],
    ['ingresses.*.host', 'text', '', '', ''],
  ])
})

test('the Markdown table escapes what would break it', () => {
  const [head, , first, second] = toMarkdownTable(toTable(attributes)).split('\n')
  assert.equal(head, '| Key | Type | Default | Bare number | Meaning |')
  assert.equal(first, String.raw`| ${'`url`'} | text | required |  | Where \| to listen |`)
  assert.equal(second, '| `limit` | size | `4MiB` | bytes | Largest body; also `bodyLimit` |')
})

test('a schema without keys says so', () => {
  assert.equal(toMarkdownTable(toTable(schema.object({}))), 'There is nothing to set.\n')
})
