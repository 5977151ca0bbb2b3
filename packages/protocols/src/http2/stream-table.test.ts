import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Numbered, StreamTable } from './stream-table.ts'

const step = fc.record({ isAdd: fc.boolean(), id: fc.nat(60).map((i) => (i % 2 === 0 ? 2 * i + 1 : 2 * (i * 64) + 1)) })

test('it holds what a Map would, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const table = new StreamTable<Numbered>()
      const expected = new Map<number, Numbered>()
      for (const { isAdd, id } of steps) {
        const known = expected.get(id)
        if (known && !isAdd) table.delete(known)
        if (known && !isAdd) expected.delete(id)
        if (known || !isAdd) continue
        const stream = { id }
        table.add(stream)
        expected.set(id, stream)
      }
      assert.equal(table.size, expected.size)
      for (let id = 1; id < 8_000; id += 2) assert.equal(table.get(id), expected.get(id))
      const ids = table.all().map(({ id }) => id)
      assert.deepEqual(
        ids.toSorted((a, b) => a - b),
        [...expected.keys()].toSorted((a, b) => a - b),
      )
    }),
  )
})

test('one that is not there is deleted without effect', () => {
  const table = new StreamTable<Numbered>()
  table.add({ id: 1 })
  table.delete({ id: 1 })
  table.delete({ id: 33 })
  assert.equal(table.size, 1)
})

test('it becomes small again', () => {
  const table = new StreamTable<Numbered>()
  const streams = Array.from({ length: 10_000 }, (_, i) => ({ id: 2 * i + 1 }))
  for (const stream of streams) table.add(stream)
  for (const stream of streams) table.delete(stream)
  assert.deepEqual([table.size, table.all(), table.get(9)], [0, [], undefined])
})
