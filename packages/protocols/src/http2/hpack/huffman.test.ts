import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { bitsToBytes } from './fixtures/block-writer.ts'
import { huffmanCodes } from './fixtures/huffman-codes.ts'
import { HpackError } from './hpack-error.ts'
import { decodeHuffman } from './huffman.ts'

function decode(bytes: Buffer, most = 10_000): string {
  const out = Buffer.alloc(most)
  return out.toString('latin1', 0, decodeHuffman(bytes, 0, bytes.length, out))
}

const bitsOf = (text: Uint8Array): string => Array.from(text, (byte) => huffmanCodes[byte]).join('')

test('each byte has its code, at each place of a byte', () => {
  for (let byte = 0; byte < 256; byte++) {
    for (const before of ['', '0', '00', '000', 'X', '0X', '00X', '000X']) {
      for (const after of ['', 'a', '\xff']) {
        const text = `${before}${String.fromCharCode(byte)}${after}`
        assert.equal(decode(bitsToBytes(bitsOf(Buffer.from(text, 'latin1')))), text)
      }
    }
  }
})

test('any text is read as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (text) => {
      assert.equal(decode(bitsToBytes(bitsOf(text))), Buffer.from(text).toString('latin1'))
    }),
  )
})

test('only the given part of the bytes is read', () => {
  const text = 'www.\0\xff'
  const within = bitsToBytes(bitsOf(Buffer.from(text, 'latin1')))
  const out = Buffer.alloc(100)
  const length = decodeHuffman(Buffer.concat([Buffer.alloc(1), within, Buffer.alloc(9)]), 1, 1 + within.length, out)
  assert.equal(out.toString('latin1', 0, length), text)
})

test('an end in the middle, long padding and padding with zeros are errors', () => {
  const a = bitsOf(Buffer.from('a'))
  const end = huffmanCodes[256]!
  for (const bits of [
    end,
    `${a}${end}${a}`,
    '1'.repeat(8),
    `${a}${'1'.repeat(11)}`,
    '1'.repeat(24),
    '1'.repeat(32),
    `${a}000`,
    `${a}110`,
    `${a}011`,
    // Codes that are not all there.
    huffmanCodes[1]!.slice(0, 16),
    huffmanCodes[2]!.slice(0, 24),
    huffmanCodes[10]!.slice(0, 24),
  ]) {
    assert.throws(() => decode(bitsToBytes(bits)), HpackError, bits)
  }
})

test('what does not fit is counted, and not written', () => {
  const bytes = bitsToBytes(bitsOf(Buffer.from('a'.repeat(100))))
  const out = Buffer.alloc(20)
  assert.equal(decodeHuffman(bytes, 0, bytes.length, out.subarray(0, 10)), 100)
  assert.equal(out.toString('latin1'), `${'a'.repeat(10)}${'\0'.repeat(10)}`)
})

test('random bytes are a text or an HpackError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        assert.ok(decode(Buffer.from(bytes)).length <= bytes.length * 1.6)
      } catch (error) {
        assert.ok(error instanceof HpackError)
      }
    }),
    { numRuns: 2_000 },
  )
})
