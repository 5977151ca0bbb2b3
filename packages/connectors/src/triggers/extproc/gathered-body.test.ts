import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMarkedAsUntransferable } from 'node:worker_threads'
import fc from 'fast-check'
import { GatheredBody } from './gathered-body.ts'

test('pieces of any size become the body in their order, at any time', () => {
  const pieces = fc.array(fc.oneof(fc.nat(20), fc.integer({ min: 3_000, max: 20_000 })), { maxLength: 30 })
  fc.assert(
    fc.property(pieces, (sizes) => {
      const gathered = new GatheredBody()
      let all = Buffer.alloc(0)
      sizes.forEach((size, index) => {
        const piece = Buffer.alloc(size, index)
        gathered.add(piece)
        all = Buffer.concat([all, piece])
        assert.equal(gathered.bytes, all.byteLength)
        assert.ok(gathered.join().equals(all))
      })
    }),
  )
})

test('a body that comes byte by byte costs its bytes, and not an object for each of them', () => {
  const gathered = new GatheredBody()
  const before = process.memoryUsage()
  for (let count = 0; count < 300_000; count += 1) gathered.add(Buffer.alloc(64, count).subarray(63))
  const after = process.memoryUsage()
  const grown = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
  assert.ok(grown < 20_000_000, `${grown} bytes`)
  assert.equal(gathered.join().byteLength, 300_000)
})

test('nobody takes the memory of a body away, however it came', () => {
  for (const sizes of [[16_384], [1, 16_383], [4_095], [5_000, 5_000]]) {
    const gathered = new GatheredBody()
    for (const size of sizes) gathered.add(Buffer.from(new ArrayBuffer(size)))
    const { buffer, byteLength } = gathered.join()
    assert.ok(byteLength < buffer.byteLength || isMarkedAsUntransferable(buffer), String(sizes))
  }
})
