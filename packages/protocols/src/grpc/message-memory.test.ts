import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageMemory } from './message-memory.ts'

test('a message that was given back makes room for one of about its size', () => {
  const memory = new MessageMemory()
  const first = memory.take(600_001)
  assert.deepEqual([first.length, (first.byteOffset + first.length) % 8], [600_001, 0])
  memory.give(first)
  assert.notEqual(memory.take(200_000).buffer, first.buffer)
  const second = memory.take(400_003)
  assert.equal(second.buffer, first.buffer)
  assert.deepEqual([second.length, (second.byteOffset + second.length) % 8], [400_003, 0])
  assert.notEqual(memory.take(400_003).buffer, first.buffer)
})

test('memory that is not its own, or was given back already, is not lent', () => {
  const memory = new MessageMemory()
  const own = memory.take(100_000)
  memory.give(own)
  memory.give(own)
  memory.give(Buffer.alloc(100_000))
  memory.give(new Uint8Array(new SharedArrayBuffer(100_000)))
  assert.equal(memory.take(100_000).buffer, own.buffer)
  assert.notEqual(memory.take(100_000).buffer, own.buffer)
})

test('small messages are not kept account of, and no more is kept than 16 MiB', () => {
  const memory = new MessageMemory()
  const small = memory.take(1_000)
  memory.give(small)
  const next = memory.take(1_000)
  assert.ok(next.buffer !== small.buffer || next.byteOffset !== small.byteOffset)
  const large = Array.from({ length: 5 }, () => memory.take(5 << 20))
  for (const message of large) memory.give(message)
  const again = new Set(Array.from({ length: 5 }, () => memory.take(5 << 20).buffer))
  assert.equal(large.filter(({ buffer }) => again.has(buffer)).length, 3)
  const huge = memory.take(20 << 20)
  memory.give(huge)
  assert.notEqual(memory.take(20 << 20).buffer, huge.buffer)
})
