import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Compat } from '@pelton/core'
import { createFaultNotes } from './fault-notes.ts'
import { createFakeCatalogue } from './fixtures/fake-catalogue.ts'
import { formatFaults } from './format-faults.ts'
import type { SinkConfig } from './function-config.ts'
import { getOwn } from './placed-value.ts'
import { parseYaml } from './parse-yaml.ts'
import { readTriggers } from './trigger-config.ts'

async function read(attributes: string, compat: Compat = 'none'): Promise<{ sinks: SinkConfig[]; lines: string[] }> {
  const text = `spec:\n  triggers:\n    cam:\n      kind: mjpeg\n      attributes:\n${attributes.replaceAll(/^/gm, '        ')}`
  const places = new WeakMap()
  const { value } = await parseYaml(text, { file: 'function.yaml', places, areWordsBooleans: false })
  const notes = createFaultNotes({ value, places, file: 'function.yaml' }, compat)
  const triggers = getOwn(getOwn(value, 'spec'), 'triggers') as Record<string, unknown>
  const catalogue = createFakeCatalogue()
  const facts = { compat, kubernetes: false, folder: '/functions/hello', catalogue, runtime: undefined, notes }
  const [config] = await readTriggers(triggers, facts)
  return { sinks: config?.sinks ?? [], lines: formatFaults(notes.faults) }
}

const place = 'spec.triggers.cam.attributes'

test('a sink has its own attributes, and the rules of all sinks with their defaults', async () => {
  const { sinks, lines } = await read('processing_factor: 2\nSink:\n  kind: webhook\n  attributes: { url: "http://x" }')
  assert.deepEqual(lines, [])
  assert.equal(sinks.length, 1)
  const { manifest, settings, rules } = sinks[0] ?? assert.fail()
  assert.equal(manifest.module, 'file:///webhook')
  assert.deepEqual(settings, {
    name: 'webhook',
    kind: 'webhook',
    attributes: { url: 'http://x', maxRetries: 3 },
  })
  assert.deepEqual(rules, {
    queueSize: 64,
    maxQueueBytes: 64 * 1024 * 1024,
    drop: 'oldest',
    includeErrors: false,
    reorderMs: 2000,
  })
})

test('the rules are given in any spelling', async () => {
  const own = '{ queueSize: 8, QUEUE_BYTES: 1MiB, drop: BLOCK, includeErrors: true, reorder_ms: 5s }'
  const { sinks, lines } = await read(`sink: { kind: mjpeg, attributes: ${own} }`)
  assert.deepEqual(lines, [])
  const rules = { queueSize: 8, maxQueueBytes: 1024 * 1024, drop: 'block', includeErrors: true, reorderMs: 5000 }
  assert.deepEqual(sinks[0]?.rules, rules)
})

test('several sinks are a list, and a further one of a kind has a number in its name', async () => {
  const hook = '{ kind: webhook, attributes: { url: "http://x" } }'
  const { sinks, lines } = await read(`SINKS: [${hook}, { kind: mjpeg }, ${hook}, ${hook}]`)
  assert.deepEqual(lines, [])
  assert.deepEqual(
    sinks.map(({ settings }) => settings.name),
    ['webhook', 'mjpeg', 'webhook_2', 'webhook_3'],
  )
})

test('empty sinks are none, as exported files write them', async () => {
  for (const text of ['sink: {}\nsinks:', 'sink: ""\nsinks: []', 'sink: { kind: "", attributes: {} }']) {
    assert.deepEqual(await read(text), { sinks: [], lines: [] })
  }
})

test('an unknown kind of sink is named with its line, the known ones and the nearest', async () => {
  const { lines } = await read('sinks:\n  - kind: mjpeg\n  - Kind: webhok')
  assert.deepEqual(lines, [
    `function.yaml:8 ${place}.sinks[1].Kind: unknown sink kind "webhok"; known are mjpeg and webhook, did you mean webhook?`,
  ])
})

test('sink and sinks together, and one where the other is meant, are faults', async () => {
  const both = await read('sink: { kind: mjpeg }\nsinks: [{ kind: mjpeg }]')
  assert.deepEqual(both.lines, [
    `function.yaml:7 ${place}.sinks: cannot stand beside sink: put all sinks into one list, sinks`,
  ])
  assert.deepEqual((await read('sinks: { kind: mjpeg }')).lines, [
    `function.yaml:6 ${place}.sinks: expected a list of sinks; a single one stands under sink`,
  ])
  assert.deepEqual((await read('sink: [{ kind: mjpeg }]')).lines, [
    `function.yaml:6 ${place}.sink: expected keys with values, got a list`,
  ])
  assert.deepEqual((await read('sink: { attributes: { port: 1 } }')).lines, [
    `function.yaml:6 ${place}.sink.kind: is required`,
  ])
})

test('all faults of all sinks come at once, each at its line', async () => {
  const { sinks, lines } = await read(`sinks:
  - kind: mjpeg
    attributes:
      queue_size: 0
      prot: 1
  - kind: webhook
    Attributes:
      drop: all
  - kind: webhook
    attributes:
      URL: ftp://x`)
  assert.deepEqual(lines, [
    `function.yaml:9 ${place}.sinks[0].attributes.queue_size: expected 1 to 1000000, got 0`,
    `function.yaml:10 ${place}.sinks[0].attributes.prot: unknown, did you mean port?`,
    `function.yaml:12 ${place}.sinks[1].Attributes.url: is required`,
    `function.yaml:13 ${place}.sinks[1].Attributes.drop: expected oldest, newest or block, got "all"`,
    `function.yaml:16 ${place}.sinks[2].attributes.URL: must begin with http:// or https://`,
  ])
  assert.equal(sinks.length, 1, 'the last one is decoded, yet nothing starts')
})

test('in nuclio files unknown keys of a sink only warn, and what a kind doubts warns everywhere', async () => {
  const sink = 'sink: { kind: webhook, colour: red, attributes: { url: "http://x", max_retries: 99, size: 1 } }'
  const { sinks, lines } = await read(sink, 'nuclio')
  assert.deepEqual(lines, [
    `warning: function.yaml:6 ${place}.sink.colour: unknown`,
    `warning: function.yaml:6 ${place}.sink.attributes.size: unknown`,
    `warning: function.yaml:6 ${place}.sink.attributes.max_retries: is a lot`,
  ])
  assert.equal(sinks.length, 1)
})
