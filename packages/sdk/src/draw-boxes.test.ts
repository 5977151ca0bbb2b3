import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { picture } from './draw-boxes/fixtures/pictures.ts'
import * as direct from './draw-boxes/index.ts'
import { JpegError, drawBoxes } from './index.ts'

test('the package draws as its subpath does, and its errors are the same', async () => {
  const jpeg = await picture(96, 64)
  const boxes = [{ x: 10, y: 20, width: 40, height: 30, label: 'label' }]
  assert.deepEqual(drawBoxes(jpeg, boxes, { thickness: 3 }), direct.drawBoxes(jpeg, boxes, { thickness: 3 }))
  assert.equal(JpegError, direct.JpegError)
  assert.throws(() => drawBoxes(jpeg.subarray(1), boxes), JpegError)
})

test('what draws is loaded by the first call', () => {
  const script = `
    const { registerHooks } = await import('node:module')
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { drawBoxes } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url))})
    const before = loaded.filter((url) => url.includes('/draw-boxes/')).map((url) => url.split('/').at(-1))
    try { drawBoxes(new Uint8Array(0), []) } catch (error) { console.log(before.join(), error.code, loaded.length > 20) }`
  const stdout = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  assert.equal(stdout, 'jpeg-error.ts jpeg_damaged true\n')
})
