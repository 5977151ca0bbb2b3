import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { adoptTracingEnv, mergeEnv, readEnvFile } from './env-file.ts'

test('the function’s own env wins over the shell, and the shell over the file', () => {
  const merged = mergeEnv({ A: 'file', B: 'file', C: 'file' }, { B: 'shell' }, { C: 'own', D: 'own' })
  assert.deepEqual(merged, { A: 'file', C: 'own', D: 'own' })
})

test('.env beside the function is read when it is there, a named file must be', async (t) => {
  const folder = await createTempFolder(t)
  assert.deepEqual(await readEnvFile(undefined, folder), { values: {} })
  await assert.rejects(readEnvFile(join(folder, 'no.env'), folder), { code: 'env_file_unreadable' })
  await assert.rejects(readEnvFile(folder, folder), { code: 'env_file_unreadable' })
  await writeFile(join(folder, '.env'), '# comment\nA=1\nB="two words"\n')
  assert.deepEqual(await readEnvFile(undefined, folder), {
    file: join(folder, '.env'),
    values: { A: '1', B: 'two words' },
  })
  await writeFile(join(folder, 'big.env'), `A=${'x'.repeat(1024 * 1024)}`)
  await assert.rejects(readEnvFile(join(folder, 'big.env'), folder), /larger than 1 MiB/)
})

test('the exporter finds the function’s OTEL variables in the process, and nothing else gets there', () => {
  const target = { OTEL_SERVICE_NAME: 'shell', HOME: '/' }
  adoptTracingEnv(
    { OTEL_SERVICE_NAME: 'own', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', HOME: '/x', SECRET: 's' },
    target,
  )
  assert.deepEqual(target, { OTEL_SERVICE_NAME: 'own', HOME: '/', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' })
})
