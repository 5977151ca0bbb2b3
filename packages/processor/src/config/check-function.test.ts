import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { type HandlerCheck, PeltonError, type TriggerManifest } from '@pelton/core'
import { createTempFolder } from '@pelton/testkit'
import { checkFunction } from './check-function.ts'
import { type FakeCatalogue, createFakeCatalogue, fakeManifests } from './fixtures/fake-catalogue.ts'
import { formatFaults } from './format-faults.ts'
import { readFunctionFile } from './read-function-file.ts'

type CheckHandler = (check: HandlerCheck) => Promise<void>

/** Its http triggers want the port that they are given, and its runtimes look for handlers as `checkHandler` does. */
function catalogueWith(checkHandler: CheckHandler): FakeCatalogue {
  const catalogue = createFakeCatalogue()
  const listens: TriggerManifest['listens'] = ({ attributes }) => [
    { host: '', port: Number(attributes['port'] ?? 8080), path: '*', configured: true },
  ]
  const [http = assert.fail()] = fakeManifests.triggers
  return {
    ...catalogue,
    async trigger(kind) {
      if (kind === 'http') return { manifest: { ...http, listens }, module: 'file:///http' }
      return catalogue.trigger(kind)
    },
    async runtime(kind) {
      const found = await catalogue.runtime(kind)
      return found && { ...found, manifest: { ...found.manifest, loadCheck: async () => checkHandler } }
    },
  }
}

async function check(
  yaml: string,
  t: Parameters<typeof createTempFolder>[0],
  checkHandler: CheckHandler,
): Promise<string[]> {
  const folder = await createTempFolder(t, { 'function.yaml': `apiVersion: pelton/v1\n${yaml}`, 'handler.mjs': '' })
  const read = await readFunctionFile({ path: folder, kubernetes: false, catalogue: catalogueWith(checkHandler) })
  assert.deepEqual(read.faults, [])
  return formatFaults(await checkFunction(read.config ?? assert.fail(), read), folder)
}

const gone = new PeltonError('handler_file_missing', 'no such file', {
  blame: 'user',
  retryable: false,
  help: 'Make it.',
})

test('a handler that a start would not find is a fault of its key', async (t) => {
  const asked: HandlerCheck[] = []
  const yaml = 'spec:\n  runtime: nodejs\n  handler: gone.mjs\n  env: [{ name: A, value: b }]\n'
  const lines = await check(yaml, t, async (one) => {
    asked.push(one)
    throw gone
  })
  assert.deepEqual(lines, ['function.yaml:4 spec.handler: no such file. Make it.'])
  const [{ handler, runtime, env, folder } = assert.fail()] = asked
  assert.deepEqual([handler, runtime, env['A'], path.isAbsolute(folder)], ['gone.mjs', 'nodejs', 'b', true])
})

test('every address that two want and every placement that cannot be is a fault of its trigger', async (t) => {
  const yaml = `spec:
  runtime: nodejs
  triggers:
    a: { kind: http }
    b: { kind: http, attributes: { port: 8080 } }
    c: { kind: http }
    d: { kind: mjpeg, placement: worker }
`
  const lines = await check(yaml, t, async () => undefined)
  assert.deepEqual(
    lines.map((line) => line.replace(/because.*/, '')),
    [
      'function.yaml:6 spec.triggers.b: Triggers a and b both want port 8080. Give one of them another port or path.',
      'function.yaml:7 spec.triggers.c: Triggers a and c both want port 8080. Give one of them another port or path.',
      'function.yaml:8 spec.triggers.d.placement: Trigger d cannot have placement: worker, ',
    ],
  )
})

test('a function that starts has no faults, and a defect is no fault of the file', async (t) => {
  assert.deepEqual(await check('spec: { runtime: nodejs }\n', t, async () => undefined), [])
  const broken = check('spec: { runtime: nodejs }\n', t, () => Promise.reject(new TypeError('ours')))
  await assert.rejects(broken, { message: 'ours' })
})
