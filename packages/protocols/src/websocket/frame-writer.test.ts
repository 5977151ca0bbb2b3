import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rawFrames } from './fixtures/raw-frames.ts'
import { FrameParser } from './frame-parser.ts'
import { FrameWriter, frameBits } from './frame-writer.ts'

const bytes = 2 | frameBits.final

test('what is written is read as it was, from either side, and the payloads are not changed', () => {
  const anyPayloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
  fc.assert(
    fc.property(anyPayloads, fc.boolean(), (payloads, isMasked) => {
      const copies = payloads.map((payload) => payload.slice())
      const writer = new FrameWriter(isMasked)
      for (const payload of payloads) writer.add(bytes, payload)
      const size = writer.bytes
      const written = Buffer.concat(writer.take())
      assert.equal(written.length, size)
      assert.equal(writer.bytes, 0)
      assert.deepEqual(payloads, copies)
      assert.deepEqual(
        read(written, isMasked),
        payloads.map((payload) => Buffer.from(payload)),
      )
    }),
  )
})

for (const size of [125, 126, 65_535, 65_536, 100_000]) {
  test(`a payload of ${size} bytes has the shortest length that says so`, () => {
    const writer = new FrameWriter(false)
    writer.add(bytes, new Uint8Array(size))
    const expected = rawFrames({ opcode: 2, payload: new Uint8Array(size), isMasked: false })
    assert.ok(Buffer.concat(writer.take()).equals(expected))
  })
}

test('small frames leave as one piece; a large payload is not copied', () => {
  const writer = new FrameWriter(false)
  const large = new Uint8Array(50_000)
  for (const payload of [new Uint8Array(3), new Uint8Array(300)]) writer.add(bytes, payload)
  assert.equal(writer.take().length, 1)
  for (const payload of [new Uint8Array(3), large, new Uint8Array(3)]) writer.add(bytes, payload)
  const pieces = writer.take()
  assert.equal(pieces.length, 3)
  assert.equal(pieces[1], large)
})

test('masked frames have keys of their own', () => {
  const writer = new FrameWriter(true)
  for (let at = 0; at < 2; at++) writer.add(bytes, new Uint8Array(8))
  const written = Buffer.concat(writer.take())
  assert.notDeepEqual(written.subarray(0, 14), written.subarray(14))
})

function read(written: Buffer, isMasked: boolean): Buffer[] {
  const messages: Buffer[] = []
  const receiver = {
    onMessage: (data: Buffer): void => void messages.push(Buffer.from(data)),
    onPing: () => assert.fail('a ping'),
    onClose: () => assert.fail('a close'),
    onFault: (_code: number, reason: string) => assert.fail(reason),
  }
  new FrameParser(receiver, { isMasked, maxMessageBytes: 1e6, isCompressible: false }).push(written)
  return messages
}
