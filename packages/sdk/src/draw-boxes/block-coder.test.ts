import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BitWriter } from './bit-writer.ts'
import { BlockCoder } from './block-coder.ts'
import type { BlockCoding } from './block-writer.ts'
import { ByteWriter } from './byte-writer.ts'
import type { Divisors } from './jpeg-tables.ts'
import { ScanBits } from './scan-bits.ts'
import { standardTables } from './standard-tables.ts'

const divisors: Divisors = { values: new Uint16Array(64).fill(1), inverses: new Float64Array(64).fill(1) }
const none = new Uint8Array(0)

/** Sparse, dense, with long runs, with and without an end of block, with values that are too large. */
const values = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: -1_500, max: 1_500 }) },
)
const blocks = fc.array(fc.array(values, { minLength: 64, maxLength: 64 }), { minLength: 1, maxLength: 6 })

function coding(component: 0 | 1, from: 0 | 1 = component): BlockCoding {
  const standard = standardTables()[component]
  const { dc, ac } = standardTables()[from]
  return { dc: dc.reading, ac: ac.reading, standard, isStandard: component === from, dcRead: 0, dcWritten: 0 }
}

function written(all: readonly number[][], component: 0 | 1): Uint8Array {
  const writer = new BitWriter(8)
  const coder = new BlockCoder(new ScanBits(none, 0), writer)
  const way = coding(component)
  for (const block of all) coder.write(way, Float64Array.from(block), divisors)
  return writer.take()
}

function bitsOf(data: Uint8Array): ScanBits {
  const bytes = new ByteWriter(data.length * 2)
  bytes.appendStuffed(data)
  return new ScanBits(bytes.taken(), 0)
}

test('blocks that were written are read again, cut to what 8 bits can hold', () => {
  fc.assert(
    fc.property(blocks, fc.constantFrom(0 as const, 1 as const), (all, component) => {
      const coder = new BlockCoder(bitsOf(written(all, component)), new BitWriter(8))
      const way = coding(component)
      for (const block of all) {
        const read = new Float64Array(64)
        coder.read(way, read, divisors)
        assert.deepEqual(
          [...read],
          block.map((value) => Math.max(-1_023, Math.min(1_023, value))),
        )
      }
    }),
  )
})

test('blocks that are passed on are the same to the bit, in their codes or in others', () => {
  fc.assert(
    fc.property(
      blocks,
      fc.constantFrom(0 as const, 1 as const),
      fc.constantFrom(0 as const, 1 as const),
      (all, from, to) => {
        const writer = new BitWriter(8)
        const coder = new BlockCoder(bitsOf(written(all, from)), writer)
        const way = coding(to, from)
        for (const _ of all) coder.pass(way)
        coder.flush()
        assert.deepEqual(writer.take(), written(all, to))
      },
    ),
  )
})

test('behind a block that was changed, only the first difference is another', () => {
  fc.assert(
    fc.property(blocks, fc.integer({ min: -1_023, max: 1_023 }), (all, level) => {
      const rest = all.map(([first = 0, ...others]) => [Math.max(-1_023, Math.min(1_023, first)), ...others])
      const changed = [level, ...Array<number>(63).fill(0)]
      const writer = new BitWriter(8)
      const coder = new BlockCoder(bitsOf(written([Array<number>(64).fill(7), ...rest], 0)), writer)
      const way = coding(0)
      coder.read(way, new Float64Array(64), divisors)
      coder.write(way, Float64Array.from(changed), divisors)
      for (const _ of rest) coder.pass(way)
      coder.flush()
      assert.deepEqual(writer.take(), written([changed, ...rest], 0))
    }),
  )
})
