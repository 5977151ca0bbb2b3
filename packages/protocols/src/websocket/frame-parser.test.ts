import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RawFrame, rawFrames } from './fixtures/raw-frames.ts'
import { FrameParser, type ParserRules } from './frame-parser.ts'

type Told = [what: string, ...facts: unknown[]]

const rules: ParserRules = { isMasked: true, maxMessageBytes: 1_000_000, isCompressible: false }

interface Setting {
  parser: FrameParser
  told: Told[]
}

/** A parser with what it told; text and bytes as latin1. */
function start(more: Partial<ParserRules> = {}, onTold: (parser: FrameParser) => void = () => undefined): Setting {
  const told: Told[] = []
  const tell = (...facts: Told): void => {
    told.push(facts)
    onTold(parser)
  }
  const parser: FrameParser = new FrameParser(
    {
      onMessage: (data, isText, isCompressed) =>
        tell(isCompressed ? 'compressed' : isText ? 'text' : 'bytes', data.toString('latin1')),
      onPing: (data) => tell('ping', data.toString('latin1')),
      onClose: (code, reason) => tell('close', code, reason),
      onFault: (code, reason) => tell('fault', code, reason),
    },
    { ...rules, ...more },
  )
  return { parser, told }
}

function parse(bytes: Uint8Array, more: Partial<ParserRules> = {}): Told[] {
  const { parser, told } = start(more)
  parser.push(Buffer.from(bytes))
  return told
}

const text = (payload: string, more: Partial<RawFrame> = {}): RawFrame => ({ opcode: 1, payload, ...more })
const part = (payload: string, more: Partial<RawFrame> = {}): RawFrame => ({ opcode: 0, payload, ...more })
const begin = (payload: string): RawFrame => text(payload, { isFinal: false })
const ping = (payload: string): RawFrame => ({ opcode: 9, payload })
const close = (...payload: number[]): RawFrame => ({ opcode: 8, payload: Uint8Array.from(payload) })

test('text and bytes come as they were sent, many in one chunk and empty ones too', () => {
  const bytes = rawFrames(text('one'), { opcode: 2, payload: Uint8Array.from([0, 255]) }, text(''), text('last'))
  assert.deepEqual(parse(bytes), [
    ['text', 'one'],
    ['bytes', '\0\xff'],
    ['text', ''],
    ['text', 'last'],
  ])
})

test('fragments are one message, with control frames told in between', () => {
  const bytes = rawFrames(begin('a'), ping('!'), part('', { isFinal: false }), { opcode: 10 }, part('b'), text('c'))
  assert.deepEqual(parse(bytes), [
    ['ping', '!'],
    ['text', 'ab'],
    ['text', 'c'],
  ])
})

test('a message all of whose fragments are empty is an empty message', () => {
  assert.deepEqual(parse(rawFrames(begin(''), part('', { isFinal: false }), part(''))), [['text', '']])
  assert.deepEqual(parse(rawFrames(begin(''), part('late'))), [['text', 'late']])
})

test('lengths of 16 and 64 bits are read', () => {
  for (const length of [125, 126, 127, 65_535, 65_536, 200_000]) {
    const [told] = parse(rawFrames(text('x'.repeat(length))))
    assert.equal(String(told?.[1]).length, length)
  }
})

test('a byte at a time makes the same messages', () => {
  const { parser, told } = start()
  const bytes = rawFrames(begin('ab'), ping('p'), part('cd'), text('x'.repeat(300)), close(3, 232, 98, 121))
  for (const byte of bytes) parser.push(Buffer.from([byte]))
  assert.deepEqual(told, [
    ['ping', 'p'],
    ['text', 'abcd'],
    ['text', 'x'.repeat(300)],
    ['close', 1000, 'by'],
  ])
})

const anyFrames = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('message' as const),
      parts: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      key: fc.integer(),
    }),
    fc.record({ kind: fc.constant('ping' as const), payload: fc.uint8Array({ maxLength: 125 }) }),
  ),
  { maxLength: 10 },
)

test('any split of any valid frames makes the same messages', () => {
  fc.assert(
    fc.property(
      anyFrames,
      fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
      fc.boolean(),
      (sent, cuts, isMasked) => {
        const expected: Told[] = []
        const raw: RawFrame[] = []
        for (const frame of sent) {
          if (frame.kind === 'ping') {
            raw.push({ opcode: 9, payload: frame.payload, isMasked })
            expected.push(['ping', Buffer.from(frame.payload).toString('latin1')])
            continue
          }
          frame.parts.forEach((payload, at) => {
            raw.push({
              opcode: at === 0 ? 2 : 0,
              payload,
              isFinal: at === frame.parts.length - 1,
              isMasked,
              key: frame.key,
            })
          })
          expected.push(['bytes', Buffer.concat(frame.parts).toString('latin1')])
        }
        const { parser, told } = start({ isMasked })
        let rest = rawFrames(...raw)
        while (rest.length > 0) {
          const length = Math.min(rest.length, cuts.next().value)
          parser.push(Buffer.from(rest.subarray(0, length)))
          rest = rest.subarray(length)
        }
        assert.deepEqual(told, expected)
      },
    ),
  )
})

test('arbitrary bytes end in a fault or a close at worst, and no message is beyond the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), fc.boolean(), (chunks, isMasked) => {
      const { parser, told } = start({ isMasked, maxMessageBytes: 100 })
      for (const chunk of chunks) parser.push(Buffer.from(chunk))
      const ends = told.filter(([what]) => what === 'fault' || what === 'close')
      assert.ok(ends.length <= 1 && (ends.length === 0 || told.at(-1) === ends[0]))
      assert.ok(told.every(([what, data]) => what === 'fault' || String(data).length <= 125))
      assert.ok(told.every(([what, data]) => what !== 'text' || String(data).length <= 100))
    }),
    { numRuns: 500 },
  )
})

const breaches: Record<string, [RawFrame[], Partial<ParserRules>?]> = {
  'RSV1 without compression': [[text('a', { reserved: 0x40 })]],
  RSV2: [[text('a', { reserved: 0x20 })], { isCompressible: true }],
  RSV3: [[text('a', { reserved: 0x10 })], { isCompressible: true }],
  'RSV1 on a continuation': [[begin('a'), part('b', { reserved: 0x40 })], { isCompressible: true }],
  'RSV1 on a control frame': [[{ opcode: 9, reserved: 0x40 }], { isCompressible: true }],
  'the opcode 3': [[{ opcode: 3 }]],
  'the opcode 7': [[{ opcode: 7 }]],
  'the opcode 11': [[{ opcode: 11 }]],
  'the opcode 15': [[{ opcode: 15 }]],
  'an unmasked frame of a client': [[text('a', { isMasked: false })]],
  'a masked frame of a server': [[text('a')], { isMasked: false }],
  'a continuation of nothing': [[part('a')]],
  'a continuation after the end': [[begin('a'), part('b'), part('c')]],
  'a text inside a fragmented message': [[begin('a'), text('b')]],
  'bytes inside a fragmented text': [[begin('a'), { opcode: 2 }]],
  'a ping of 126 bytes': [[ping('x'.repeat(126))]],
  'a fragmented ping': [[{ opcode: 9, isFinal: false }]],
  'a fragmented close': [[{ opcode: 8, isFinal: false }]],
  'a close of one byte': [[close(3)]],
  'a close with the code 1005': [[close(3, 237)]],
  'a close with the code 999': [[close(3, 231)]],
  'a length with the highest bit set': [[text('', { length: 1n << 63n })]],
}
for (const [what, [frames, more]] of Object.entries(breaches)) {
  test(`${what} is a fault 1002, and nothing is read after it`, () => {
    const after = more?.isMasked === false ? text('after', { isMasked: false }) : text('after')
    const told = parse(rawFrames(...frames, after), more)
    assert.deepEqual(told.at(-1)?.slice(0, 2), ['fault', 1002])
    assert.ok(!told.some(([, data]) => data === 'after'))
  })
}

test('close frames without and with a code and a reason are told, and end the reading', () => {
  assert.deepEqual(parse(rawFrames(close(), text('after'))), [['close', 1005, '']])
  assert.deepEqual(parse(rawFrames(close(3, 233, 0xc3, 0xa4), text('after'))), [['close', 1001, 'ä']])
})

test('a text or a close reason that is no UTF-8 is a fault 1007', () => {
  const cut = Buffer.from('aé').subarray(0, 2)
  const surrogate = Buffer.from([0xed, 0xa0, 0x80])
  for (const payload of [cut, surrogate, Buffer.from([0xff])]) {
    assert.deepEqual(parse(rawFrames({ opcode: 1, payload })), [['fault', 1007, 'a text that is no UTF-8']])
    assert.deepEqual(parse(rawFrames({ opcode: 1, payload, isMasked: false }), { isMasked: false })[0]?.[1], 1007)
    assert.equal(parse(rawFrames(close(3, 232, ...payload)))[0]?.[1], 1007)
    assert.equal(parse(rawFrames({ opcode: 2, payload }))[0]?.[0], 'bytes')
  }
})

test('a character may be cut by fragments, but not by the end of the message', () => {
  const [one, two] = [...Buffer.from('é')]
  const first: RawFrame = { opcode: 1, payload: Uint8Array.from([one!]), isFinal: false }
  const next = (byte: number): RawFrame => ({ opcode: 0, payload: Uint8Array.from([byte]) })
  assert.deepEqual(parse(rawFrames(first, next(two!))), [['text', '\xc3\xa9']])
  assert.equal(parse(rawFrames(first, next(0x20)))[0]?.[1], 1007)
})

test('a message of the limit passes; a longer one is a fault 1009 as soon as its head is there', () => {
  const limit = { maxMessageBytes: 10 }
  assert.deepEqual(parse(rawFrames(text('0123456789')), limit), [['text', '0123456789']])
  assert.deepEqual(parse(rawFrames(begin('01234'), part('56789')), limit), [['text', '0123456789']])
  const tooBig = [['fault', 1009, 'a message of more than 10 bytes']]
  assert.deepEqual(parse(rawFrames(text('', { length: 11n })), limit), tooBig)
  assert.deepEqual(parse(rawFrames(text('', { length: 1n << 62n })), limit), tooBig)
  assert.deepEqual(parse(rawFrames(begin('01234'), part('', { length: 6n })), limit), tooBig)
})

test('what a frame announces takes no memory before it arrives', () => {
  const { parser } = start({ maxMessageBytes: 2 ** 40 })
  const before = process.memoryUsage().arrayBuffers
  parser.push(rawFrames(text('begun', { length: 1n << 39n })))
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
})

test('a message in a million fragments is held as its bytes, not as its fragments', () => {
  const { parser, told } = start()
  parser.push(rawFrames({ opcode: 2, isFinal: false }))
  const chunk = rawFrames(...Array.from({ length: 10_000 }, () => part('x', { isFinal: false })))
  const before = process.memoryUsage()
  for (let at = 0; at < 50; at++) parser.push(Buffer.from(chunk))
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  assert.ok(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers < 30_000_000)
  parser.push(rawFrames(part('')))
  assert.equal(String(told[0]?.[1]).length, 500_000)
})

test('a message that is kept does not keep a large chunk alive', () => {
  let kept: Buffer | undefined
  const parser = new FrameParser(
    {
      onMessage: (data) => (kept ??= data),
      onPing: () => undefined,
      onClose: () => undefined,
      onFault: () => undefined,
    },
    rules,
  )
  const chunk = rawFrames(text('small'), text('x'.repeat(60_000)))
  parser.push(Buffer.from(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.length)))
  assert.equal(kept?.toString(), 'small')
  assert.equal(kept.buffer.byteLength, 5)
})

test('a held parser tells nothing until it is released, then everything in order', () => {
  const { parser, told } = start({}, (held) => held.hold())
  parser.push(rawFrames(text('a'), text('b')))
  parser.push(rawFrames(text('c')))
  assert.deepEqual(told, [['text', 'a']])
  parser.release()
  assert.deepEqual(told, [
    ['text', 'a'],
    ['text', 'b'],
  ])
  parser.release()
  parser.release()
  assert.deepEqual(
    told.map(([, data]) => data),
    ['a', 'b', 'c'],
  )
})

test('a discarding parser reads over messages of any size and tells control frames', () => {
  const { parser, told } = start({ maxMessageBytes: 10, isDiscarding: true })
  parser.push(rawFrames(text('x'.repeat(5_000)), begin('x'.repeat(50)), ping('p'), part('y'), close(3, 232)))
  assert.deepEqual(told, [
    ['ping', 'p'],
    ['close', 1000, ''],
  ])
})

test('a parser may begin to discard inside a message', () => {
  const { parser, told } = start()
  const bytes = rawFrames(begin('x'.repeat(100)), part('y'), ping('p'))
  parser.push(bytes.subarray(0, 50))
  parser.discard()
  parser.push(bytes.subarray(50))
  assert.deepEqual(told, [['ping', 'p']])
})

test('RSV1 marks a compressed message where that was agreed on; it is not looked at as text', () => {
  const compressed: RawFrame = { opcode: 1, reserved: 0x40, payload: Uint8Array.from([0xff]) }
  assert.deepEqual(parse(rawFrames(compressed, text('plain')), { isCompressible: true }), [
    ['compressed', '\xff'],
    ['text', 'plain'],
  ])
})
