import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitAnnexB, startCode } from './annex-b.ts'

const split = (hex: string): string[] => splitAnnexB(Buffer.from(hex, 'hex')).map((unit) => unit.toString('hex'))

test('start codes of three and four bytes part units; zeros before them belong to none', () => {
  assert.deepEqual(split('00000001 67aa 000001 68bb 00000000000001 65cc0300 0000'.replaceAll(' ', '')), [
    '67aa',
    '68bb',
    '65cc03',
  ])
})

test('what stands before the first start code, and empty units, are left out', () => {
  assert.deepEqual(split('ffff00000165'), ['65'])
  assert.deepEqual(split('00000100000100000165'), ['65'])
  assert.deepEqual([split(''), split('aabb'), split('0000'), split('000001')], [[], [], [], []])
})

test('any units come out as they were joined', () => {
  const anyUnit = fc.uint8Array({ minLength: 1, maxLength: 40, min: 1 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(anyUnit), (units) => {
      assert.deepEqual(splitAnnexB(Buffer.concat(units.flatMap((unit) => [startCode, unit]))), units)
    }),
  )
})
