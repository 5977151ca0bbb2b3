import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteQueue } from './byte-queue.ts'

const step = fc.oneof(
  fc.uint8Array({ maxLength: 50 }).map((bytes) => ({ push: Buffer.from(bytes) })),
  fc.nat(20_000).map((size) => ({ push: Buffer.alloc(size, size) })),
  fc.integer({ min: 1, max: 30_000 }).map((take) => ({ take })),
)

test('bytes come out in the order in which they went in, never more than asked for', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ByteQueue()
      const pushed: Buffer[] = []
      const taken: Uint8Array[] = []
      const take = (most: number): void => {
        const bytes = queue.take(most)
        assert.ok(bytes.length > 0 && bytes.length <= most)
        taken.push(bytes)
      }
      for (const each of steps) {
        if ('take' in each && queue.bytes > 0) take(each.take)
        if (!('push' in each)) continue
        pushed.push(each.push)
        queue.push(each.push)
      }
      while (queue.bytes > 0) take(Infinity)
      assert.equal(Buffer.concat(taken).equals(Buffer.concat(pushed)), true)
    }),
  )
})

test('a hundred thousand single bytes cost little more than their memory', () => {
  const queue = new ByteQueue()
  for (let i = 0; i < 100_000; i += 1) queue.push(Buffer.of(i))
  let pieces = 0
  for (; queue.bytes > 0; pieces += 1) queue.take(Infinity)
  assert.ok(pieces < 10, `${pieces} pieces`)
})

test('thousands of large pieces are taken without shifting the rest', () => {
  const queue = new ByteQueue()
  const piece = Buffer.alloc(5_000)
  for (let i = 0; i < 5_000; i += 1) queue.push(piece)
  for (let i = 0; i < 5_000; i += 1) assert.equal(queue.take(Infinity), piece)
  assert.equal(queue.bytes, 0)
  queue.push(piece)
  queue.clear()
  assert.equal(queue.bytes, 0)
})
