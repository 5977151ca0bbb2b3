import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CutPicture, PictureCutter } from './picture-cutter.ts'

const head = '#software: Lavf\n#tb 0: 1/1000\n#dimensions 0: 64x48\n'

function cutter(isNeeded = (_time: number) => true): { cutter: PictureCutter; pictures: CutPicture[] } {
  const pictures: CutPicture[] = []
  const onPicture = (picture: CutPicture): void => void pictures.push(picture)
  return { cutter: new PictureCutter({ isNeeded, onPicture, mostBytes: 1_000 }), pictures }
}

function cutAnyhow(text: string, bytes: Uint8Array, cuts: readonly boolean[], it: PictureCutter): void {
  let [line, byte] = [0, 0]
  for (const isText of cuts) {
    if (isText) it.pushText(text.slice(line, (line += 7)))
    else it.pushBytes(bytes.subarray(byte, (byte += 5)))
  }
  it.pushText(text.slice(line))
  it.pushBytes(bytes.subarray(byte))
}

test('pictures are cut alike however lines and bytes come', () => {
  const sizes = [3, 8, 1, 20]
  const text = `${head}${sizes.map((size, index) => `0, ${index}, ${index * 16}, 1, ${size}, 0x0\n`).join('')}`
  const bytes = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index)))
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (cuts) => {
      const { cutter: it, pictures } = cutter((time) => time !== 16)
      cutAnyhow(text, bytes, cuts, it)
      const expected = [0, 2, 3].map((index) => ({
        time: index * 16,
        width: 64,
        height: 48,
        bytes: new Uint8Array(sizes[index]!).fill(index),
      }))
      assert.deepEqual(pictures, expected)
    }),
  )
})

test('lines that cannot be, and bytes of which no line tells, are faults', () => {
  for (const line of ['0, 1\n', '0, 1, 2, 3, 1001, 0x0\n', '0, 1, x, 3, 4, 0x0\n', 'x'.repeat(2_000)]) {
    assert.throws(() => cutter().cutter.pushText(line), Error)
  }
  assert.throws(() => cutter().cutter.pushText('0, 1, 1, 1, 5, 0x0\n'.repeat(300)), Error)
  const { cutter: it } = cutter()
  it.pushBytes(new Uint8Array(900))
  assert.throws(() => it.pushBytes(new Uint8Array(101)), Error)
})
