import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createFrameParser } from './frame-parser.ts'
import { FrameBreach, frame, frameType, type InFrame, maxBodyBytes, type OutFrame, writeHead } from './frame.ts'
import { encodeFrame } from './socket-channel.ts'

const types = Object.values(frameType).filter((type) => type !== frameType.pad)

const anyFrame = fc.record({
  type: fc.constantFrom(...types),
  flags: fc.integer({ min: 0, max: 255 }),
  code: fc.integer({ min: 0, max: 0xffff }),
  id: fc.integer({ min: 0, max: 0xffffffff }),
  meta: fc.string({ unit: 'grapheme', maxLength: 60 }),
  body: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
  owned: fc.constant(false),
})

function facts(sent: OutFrame): unknown[] {
  return [sent.type, sent.flags, sent.code, sent.id, sent.meta, Buffer.from(sent.body ?? []).toString('hex')]
}

function factsOf(got: InFrame): unknown[] {
  return [got.type, got.flags, got.code, got.id, got.meta(), got.body().toString('hex')]
}

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
      (sent, cuts) => {
        const got: unknown[] = []
        const parser = createFrameParser((incoming) => got.push(factsOf(incoming)))
        let bytes = Buffer.concat(sent.flatMap(encodeFrame))
        while (bytes.length > 0) {
          const length = Math.min(bytes.length, cuts.next().value)
          parser.push(Buffer.from(bytes.subarray(0, length)))
          bytes = bytes.subarray(length)
        }
        assert.deepEqual(got, sent.map(facts))
      },
    ),
  )
})

test('a body of 5 MB in chunks of a socket comes out whole', () => {
  const body = Buffer.alloc(5_000_000, 'abc')
  const bytes = Buffer.concat(encodeFrame(frame(frameType.response, 7, '{}', body)))
  let got: InFrame | undefined
  const parser = createFrameParser((incoming) => (got = incoming))
  for (let at = 0; at < bytes.length; at += 65_536) parser.push(bytes.subarray(at, at + 65_536))
  assert.ok(got?.body().equals(body))
})

test('arbitrary bytes never do worse than a breach', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
      const parser = createFrameParser(() => undefined)
      try {
        for (const chunk of chunks) parser.push(Buffer.from(chunk))
      } catch (error) {
        assert.ok(error instanceof FrameBreach)
      }
    }),
  )
})

test('a header that claims too much is a breach before anything is allocated', () => {
  const head = Buffer.alloc(16)
  for (const lengths of [
    { metaLength: 0, bodyLength: maxBodyBytes + 1 },
    { metaLength: 0xffffffff, bodyLength: 0 },
  ]) {
    writeHead(head, 0, { type: frameType.log, flags: 0, code: 0, id: 0, ...lengths })
    assert.throws(() => createFrameParser(() => undefined).push(head), FrameBreach)
  }
})

test('what a header claims is not allocated until it arrives', () => {
  const head = Buffer.alloc(16)
  writeHead(head, 0, { type: frameType.log, flags: 0, code: 0, id: 0, metaLength: 0, bodyLength: maxBodyBytes })
  const before = process.memoryUsage().arrayBuffers
  const parsers = Array.from({ length: 8 }, () => createFrameParser(() => undefined))
  for (const parser of parsers) parser.push(head)
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
})

test('a small frame does not keep the chunk that it came in', () => {
  const small = encodeFrame(frame(frameType.event, 1, '', Buffer.from('tiny')))
  const chunk = Buffer.concat([...small, ...encodeFrame(frame(frameType.event, 2, '', Buffer.alloc(60_000)))])
  const frames: InFrame[] = []
  createFrameParser((incoming) => frames.push(incoming)).push(chunk)
  assert.notEqual(frames[0]?.body().buffer, chunk.buffer)
})
