import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { datatypes } from '../datatype.ts'
import { InferenceError } from '../tensor.ts'
import { decodeModelInferRequest, decodeModelInferResponse, decodeModelStreamInferResponse } from './decode-infer.ts'
import { encodeModelInferRequest } from './encode-infer.ts'
import { anyTensors } from './fixtures/any-tensor.ts'
import { encodePeer } from './fixtures/peer-messages.ts'

const named = { modelName: 'm', modelVersion: '1', id: 'id-7', parameters: {} }

const faults: readonly (readonly [value: object, message: string])[] = [
  [{ inputs: [{ datatype: 'FP32' }] }, 'input 0 has no name'],
  [
    { inputs: [{ name: 'x', datatype: 'FP33', shape: [0] }] },
    'tensor "x": unknown datatype "FP33"; there are ' + datatypes.join(', '),
  ],
  [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }] },
    'tensor "x": the shape [-1] has sizes below 0 or beyond 2^53',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: ['9223372036854775807'] }] },
    'tensor "x": the shape [9223372036854776000] has sizes below 0 or beyond 2^53',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: ['4294967296', '4294967296'] }] },
    'tensor "x": FP32 of shape [4294967296,4294967296] takes more than 2^53 elements, found 0',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3] }] },
    'tensor "x": FP32 of shape [1,3] takes 3 elements, found 0',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: [3] }], raw_input_contents: [Buffer.alloc(11)] },
    'tensor "x": FP32 of shape [3] takes 12 bytes, found 11',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1] }], raw_input_contents: [Buffer.from('05000000ab', 'hex')] },
    'tensor "x": element 0 of BYTES says that it has 5 bytes, but 1 are left',
  ],
  [
    {
      inputs: [
        { name: 'x', datatype: 'BOOL', shape: [1] },
        { name: 'y', datatype: 'BOOL', shape: [1] },
      ],
      raw_input_contents: [Buffer.alloc(1)],
    },
    '1 raw_input_contents for 2 inputs: there must be one for each',
  ],
  [{ raw_input_contents: [Buffer.alloc(1)] }, '1 raw_input_contents for 0 inputs: there must be one for each'],
  [
    {
      inputs: [{ name: 'x', datatype: 'BOOL', shape: [1], contents: { bool_contents: [true] } }],
      raw_input_contents: [Buffer.alloc(1)],
    },
    'tensor "x": contents must not come together with raw_input_contents',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1_048_577] }], raw_input_contents: [Buffer.alloc(4)] },
    'tensor "x": more than 1048576 elements of BYTES in one message',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'BOOL', shape: Array.from({ length: 65 }, () => 1) }] },
    'tensor "x": a shape of more than 64 sizes',
  ],
  [
    { inputs: [{ name: 'x', datatype: 'BOOL', shape: Array.from({ length: 65 }, () => 128) }] },
    'tensor "x": a shape of more than 64 sizes',
  ],
  [{ inputs: [{ name: 'x' }, { name: 'y' }, { name: 'x' }] }, 'two inputs have the name "x"'],
  [{ outputs: [{ name: 'x' }, { name: 'x' }] }, 'the output "x" is asked for twice'],
  [{ outputs: [{ name: 'x' }, {}] }, 'outputs[1] has no name'],
  [{ parameters: { p: { double_param: NaN } } }, 'a parameter is NaN, which JSON cannot carry'],
  [
    { inputs: [{ name: 'x', parameters: { p: { double_param: -Infinity } } }] },
    'a parameter is -Infinity, which JSON cannot carry',
  ],
  [{ inputs: Array.from({ length: 1_025 }, () => ({ name: 'x' })) }, 'more than 1024 tensors in one message'],
  [{ outputs: Array.from({ length: 1_025 }, () => ({ name: 'x' })) }, 'more than 1024 outputs in one message'],
  [
    { raw_input_contents: Array.from({ length: 1_025 }, () => Buffer.alloc(0)) },
    'more than 1024 raw_input_contents in one message',
  ],
  [
    { parameters: Object.fromEntries(Array.from({ length: 1_025 }, (_, index) => [index, { bool_param: true }])) },
    'more than 1024 parameters in one message',
  ],
]

test('a message that breaks the protocol is a 400 that says where and why', () => {
  for (const [value, message] of faults) {
    const bytes = encodePeer('ModelInferRequest', value)
    assert.throws(
      () => decodeModelInferRequest(bytes),
      (error) => {
        assert.ok(error instanceof InferenceError, String(error))
        assert.deepEqual([error.status, error.message], [400, message])
        return true
      },
    )
  }
})

test('bytes that are no message are malformed', () => {
  for (const bytes of [
    '0a',
    '0a05',
    '08',
    '07',
    '2a020a05',
    '2a031a0180',
    '2a042a002a00',
    '0801',
    '3a0501',
    '2204120210',
  ]) {
    assert.throws(() => decodeModelInferRequest(Buffer.from(bytes, 'hex')), MalformedMessage, bytes)
  }
})

/** Whatever happens must be a message, a MalformedMessage or an InferenceError. */
function survives(bytes: Buffer): void {
  for (const decode of [decodeModelInferRequest, decodeModelInferResponse, decodeModelStreamInferResponse]) {
    try {
      decode(bytes)
    } catch (error) {
      assert.ok(error instanceof MalformedMessage || error instanceof InferenceError, String(error))
    }
  }
}

test('arbitrary bytes never do worse than a MalformedMessage', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(Buffer.from(bytes))))
})

test('messages that are cut, or have bits flipped, never do worse than a MalformedMessage or an InferenceError', () => {
  const places = fc.array(fc.nat(), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(anyTensors, places, ({ isRaw, tensors }, at) => {
      const bytes = encodeModelInferRequest({ ...named, inputs: tensors, outputs: [{ name: 'y' }] }, { raw: isRaw })
      for (const place of at) {
        survives(bytes.subarray(0, place % (bytes.length + 1)))
        bytes[place % bytes.length]! ^= 1 << (place % 8)
        survives(bytes)
      }
    }),
  )
})

test('what a message makes grow is in proportion to its bytes', () => {
  const field = (key: number, bytes: Buffer): Buffer => {
    const length = [(bytes.length & 0x7f) | 0x80, ((bytes.length >> 7) & 0x7f) | 0x80, bytes.length >> 14]
    return Buffer.concat([Buffer.from([key, ...length]), bytes])
  }
  const repeat = (entry: string): Buffer => Buffer.alloc(1_000_000 - (1_000_000 % (entry.length / 2)), entry, 'hex')
  const typed = (datatype: string, count: string, contents: Buffer): Buffer =>
    field(
      0x2a,
      Buffer.concat([
        Buffer.from('0a0178', 'hex'),
        field(0x12, Buffer.from(datatype)),
        Buffer.from(`1a03${count}`, 'hex'),
        field(0x2a, contents),
      ]),
    )
  const hostile = {
    'empty tensors': repeat('2a00'),
    'empty outputs': repeat('3200'),
    'empty raw contents': repeat('3a00'),
    'short parameters': repeat('22070a016112020801'),
    'sizes alone': field(0x2a, repeat('1801')),
    'sizes together': field(0x2a, field(0x1a, repeat('01'))),
    'elements alone': typed('INT64', 'a0c21e', repeat('1801')),
    'elements in pieces of one': typed('INT64', '95ac14', repeat('1a0101')),
  }
  for (const [name, bytes] of Object.entries(hostile)) {
    const before = process.memoryUsage()
    survives(bytes)
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    const grown = heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers
    assert.ok(grown < 64 * bytes.length, `${name}: ${grown}`)
  }
})
