import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { fileNames, saveOutputs } from './save-outputs.ts'

test('files stay in their folder and differ, whatever the outputs are called', () => {
  assert.deepEqual(fileNames(['y', 'Y', '../../etc/x', 'a b', 'a/b', '', '..', 'é', 'x'.repeat(200)]), [
    'y.npy',
    'Y-2.npy',
    '__.._etc_x.npy',
    'a_b.npy',
    'a_b-2.npy',
    '_.npy',
    '_-2.npy',
    '_-3.npy',
    `${'x'.repeat(100)}.npy`,
  ])
})

test('a folder that is not there is made, one that cannot be written is named', async (t) => {
  const folder = await createTempFolder(t, { file: '' })
  const y = { name: 'y', datatype: 'INT8', shape: [1], data: Int8Array.of(1) } as const
  assert.deepEqual(await saveOutputs([y], join(folder, 'a/b')), [join(folder, 'a/b/y.npy')])
  assert.deepEqual(await readdir(join(folder, 'a/b')), ['y.npy'])
  await assert.rejects(saveOutputs([y], join(folder, 'file')), {
    code: 'inference_output_unwritable',
    message: /EEXIST/,
  })
  const text = { name: 's', datatype: 'BYTES', shape: [1], data: [Uint8Array.of(0)] } as const
  await assert.rejects(saveOutputs([text], folder), {
    code: 'inference_output_unwritable',
    message: /ends with a zero byte/,
  })
})
