import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TriggerManifest, defineTrigger, schema } from '@pelton/core'
import { previewKind } from './kind-preview.ts'

const attributes = schema.object({
  when: schema.optional(schema.string()),
  zone: schema.string({ default: 'UTC' }),
  times: schema.integer({ default: 1 }),
  loud: schema.boolean({ default: false }),
})
const manifest = defineTrigger({
  kind: 'bell',
  summary: 'Rings',
  stability: 'stable',
  class: 'async',
  attributes,
  check: ({ when, zone }) => [
    ...(when === undefined ? [{ level: 'error' as const, path: ['when'], message: 'is required' }] : []),
    ...(zone === 'GMT' ? [{ level: 'warning' as const, path: ['zone'], message: 'is called UTC' }] : []),
  ],
  preview: {
    attribute: 'when',
    doc: 'its rings',
    load: async () => (given, now) => [JSON.stringify(given), `${+now}`],
  },
  load: () => Promise.reject(new Error('not needed')),
}) as unknown as TriggerManifest

const show = (text: string | undefined, assignments: string[] = []) =>
  previewKind(manifest, { kind: 'bell', text, assignments }, new Date(5))

test('a value is shown with further attributes, each read as its schema wants it', async () => {
  const { lines, warnings } = await show('7', ['ZONE=5', 'times=3', 'loud=true'])
  assert.deepEqual(JSON.parse(lines[0] ?? ''), { when: '7', zone: '5', times: 3, loud: true })
  assert.deepEqual([lines[1], warnings], ['5', []])
})

test('what is wrong is named as in a file, what is doubtful is told', async () => {
  await assert.rejects(show('7', ['zon=5', 'times=x']), {
    code: 'config_invalid',
    message: /2 faults.*\nzon: unknown, did you mean zone\?\ntimes: expected a whole number, got "x"/,
  })
  await assert.rejects(show(undefined), { code: 'config_invalid', message: 'when: is required' })
  assert.deepEqual((await show('7', ['zone=GMT'])).warnings, ['zone: is called UTC'])
})

test('an assignment without a key, and a kind that shows nothing, are wrong usage', async () => {
  for (const assignment of ['=5', 'zone']) {
    await assert.rejects(show('7', [assignment]), { code: 'wrong_usage', message: /expected key=value/ })
  }
  const { preview: _preview, ...silent } = manifest
  await assert.rejects(previewKind(silent, { kind: 'bell', text: '7', assignments: [] }, new Date()), {
    code: 'wrong_usage',
    message: 'The kind bell has nothing to show of a value',
  })
})
