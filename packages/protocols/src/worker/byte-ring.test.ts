import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker as Thread } from 'node:worker_threads'
import fc from 'fast-check'
import { createRingMemory, RingReader, RingWriter } from './byte-ring.ts'
import { frame, frameFlag, type InFrame, type OutFrame } from './frame.ts'

const capacity = 4096

function ringAt(position: number): { writer: RingWriter; reader: RingReader } {
  const memory = createRingMemory(capacity)
  const control = new Int32Array(memory)
  control[0] = position
  control[16] = position
  return { writer: new RingWriter(memory), reader: new RingReader(memory) }
}

function drained(reader: RingReader): InFrame[] {
  const frames: InFrame[] = []
  reader.drain((incoming) => frames.push(incoming))
  return frames
}

const anyFrame = fc.record({
  type: fc.integer({ min: 1, max: 63 }),
  flags: fc.integer({ min: 0, max: 255 }).map((flags) => flags & ~frameFlag.outside),
  code: fc.integer({ min: 0, max: 0xffff }),
  id: fc.integer({ min: 0, max: 0xffffffff }),
  meta: fc.string({ unit: 'binary', maxLength: 80 }),
  body: fc.option(fc.uint8Array({ maxLength: 900 }), { nil: undefined }),
  owned: fc.constant(false),
})

function assertSame(incoming: InFrame, sent: OutFrame): void {
  assert.deepEqual(
    [incoming.type, incoming.flags, incoming.code, incoming.id],
    [sent.type, sent.flags, sent.code, sent.id],
  )
  assert.equal(incoming.meta(), sent.meta.toWellFormed())
  assert.deepEqual(incoming.body(), Buffer.from(sent.body ?? []))
}

test('every frame that was accepted comes out once, whole and in order, wherever the ring wraps', () => {
  const start = fc
    .oneof(fc.constant(0), fc.constant(0x40000000 - 64), fc.integer({ min: 0, max: 200 }))
    .map((n) => n & ~15)
  fc.assert(
    fc.property(start, fc.array(fc.tuple(anyFrame, fc.boolean()), { maxLength: 60 }), (position, steps) => {
      const { writer, reader } = ringAt(position)
      const sent: OutFrame[] = []
      const got: InFrame[] = []
      for (const [next, drains] of steps) {
        if (writer.write(next)) sent.push(next)
        else got.push(...drained(reader))
        if (drains) got.push(...drained(reader))
      }
      got.push(...drained(reader))
      assert.equal(got.length, sent.length)
      for (const [at, incoming] of got.entries()) assertSame(incoming, sent[at]!)
    }),
    { numRuns: 300 },
  )
})

test('a frame of half the ring always fits into an empty one', () => {
  for (let position = 0; position < capacity; position += 16) {
    const { writer } = ringAt(position)
    assert.ok(writer.write(frame(2, 1, '', new Uint8Array(capacity / 2 - 16))), `at ${position}`)
  }
})

test('a full ring refuses, and takes more when it has been drained', () => {
  const { writer, reader } = ringAt(0)
  const big = frame(2, 1, '', new Uint8Array(1000))
  let count = 0
  while (writer.write(big)) count++
  assert.ok(count >= 3)
  assert.equal(writer.hasRoom(capacity), false)
  assert.equal(drained(reader).length, count)
  assert.ok(writer.hasRoom(capacity))
  assert.ok(writer.write(big))
})

test('bytes of a frame stay as they were when the ring is written over', () => {
  const { writer, reader } = ringAt(0)
  writer.write(frame(2, 1, 'meta', Buffer.from('first')))
  const [first] = drained(reader)
  for (let round = 0; round < 40; round++) {
    writer.write(frame(2, 2, 'x'.repeat(100), Buffer.alloc(300, 'y')))
    drained(reader)
  }
  assert.equal(first?.meta(), 'meta')
  assert.equal(String(first?.body()), 'first')
})

test('a reader that sleeps is woken exactly once, and does not sleep over frames', () => {
  const { writer, reader } = ringAt(0)
  assert.equal(writer.mustWake(), false)
  assert.equal(reader.sleep(), true)
  writer.write(frame(2, 1))
  assert.equal(writer.mustWake(), true)
  assert.equal(writer.mustWake(), false)
  assert.equal(reader.sleep(), false)
  drained(reader)
  assert.equal(reader.sleep(), true)
})

test('a receiver that throws loses no frame but that one', () => {
  const { writer, reader } = ringAt(0)
  for (const id of [1, 2, 3]) writer.write(frame(2, id))
  const ids: number[] = []
  const take = (incoming: InFrame): void => {
    ids.push(incoming.id)
    if (incoming.id === 1) throw new Error('once')
  }
  assert.throws(() => reader.drain(take), /once/)
  reader.drain(take)
  assert.deepEqual(ids, [1, 2, 3])
})

test('two threads that run freely pass a long sequence without loss or disorder', async () => {
  const memory = createRingMemory(capacity)
  const total = 100_000
  const code = `
    const { workerData } = require('node:worker_threads')
    import(workerData.ring).then(({ RingWriter }) => {
      const writer = new RingWriter(workerData.memory)
      const body = Buffer.alloc(700)
      for (let id = 0; id < workerData.total; id++) {
        const length = (id * 37) % 700
        body.fill(id & 255, 0, length)
        const next = { type: 2, flags: 0, code: 0, id, meta: 'm' + id, body: body.subarray(0, length), owned: false }
        while (!writer.write(next));
      }
    })`
  const ring = new URL('./byte-ring.ts', import.meta.url).href
  const thread = new Thread(code, { eval: true, workerData: { ring, memory, total } })
  const reader = new RingReader(memory)
  let expected = 0
  const check = (incoming: InFrame): void => {
    const id = expected++
    const body = incoming.body()
    const isRight = incoming.id === id && incoming.meta() === `m${id}` && body.length === (id * 37) % 700
    if (!isRight || body.some((byte) => byte !== (id & 255))) assert.fail(`frame ${id} came as ${incoming.id}`)
  }
  const finish = new Promise<void>((resolve, reject) => {
    thread.once('error', reject)
    const turn = (): void => {
      try {
        reader.drain(check)
      } catch (error) {
        return reject(error)
      }
      if (expected === total) resolve()
      else setImmediate(turn)
    }
    turn()
  })
  await finish.finally(() => thread.terminate())
})
