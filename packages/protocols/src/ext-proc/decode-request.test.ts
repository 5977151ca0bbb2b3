import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage } from '../protobuf/malformed-message.ts'
import { decodeProcessingRequest } from './decode-request.ts'
import { encodeRequest, rawHeaders } from './fixtures/peer-messages.ts'
import type { Part, ProcessingRequest } from './messages.ts'

const decode = (value: object): ProcessingRequest => decodeProcessingRequest(encodeRequest(value))
const hex = (bytes: string): ProcessingRequest => decodeProcessingRequest(Buffer.from(bytes, 'hex'))
const malformed = (bytes: string): void => assert.throws(() => hex(bytes), MalformedMessage)

const nothing: Omit<ProcessingRequest, 'part'> = {
  headers: [],
  body: Buffer.alloc(0),
  endOfStream: false,
  metadata: undefined,
  attributes: undefined,
  observabilityMode: false,
  bodyModes: undefined,
}

const parts: readonly (readonly [field: string, part: Part])[] = [
  ['request_headers', 'requestHeaders'],
  ['response_headers', 'responseHeaders'],
  ['request_body', 'requestBody'],
  ['response_body', 'responseBody'],
  ['request_trailers', 'requestTrailers'],
  ['response_trailers', 'responseTrailers'],
]

test('every part is told, also an empty one', () => {
  for (const [field, part] of parts) assert.deepEqual(decode({ [field]: {} }), { ...nothing, part })
})

test('headers and trailers come in their order, repeated ones too, bodies as they are', () => {
  const map = rawHeaders([':method', 'GET'], ['accept', '*/*'], ['accept', 'text/html'], ['x-empty', ''])
  const headers = [':method', 'GET', 'accept', '*/*', 'accept', 'text/html', 'x-empty', '']
  assert.deepEqual(decode({ request_headers: { headers: map, end_of_stream: true } }), {
    ...nothing,
    part: 'requestHeaders',
    headers,
    endOfStream: true,
  })
  assert.deepEqual(decode({ response_trailers: { trailers: map } }), { ...nothing, part: 'responseTrailers', headers })
  const body = Buffer.from([0, 1, 254, 255])
  assert.deepEqual(decode({ response_body: { body, end_of_stream: true } }), {
    ...nothing,
    part: 'responseBody',
    body,
    endOfStream: true,
  })
})

test('a body is a view into the message', () => {
  const message = encodeRequest({ request_body: { body: Buffer.from('abc') } })
  assert.equal(decodeProcessingRequest(message).body.buffer, message.buffer)
})

test('case 38: headers with value, with raw_value, mixed, and none at all', () => {
  const read = (...headers: object[]): readonly string[] =>
    decode({ request_headers: { headers: { headers } } }).headers
  const text = { key: 'text', value: 'plain' }
  const raw = { key: 'raw', raw_value: Buffer.from('bytes') }
  assert.deepEqual(read(text), ['text', 'plain'])
  assert.deepEqual(read(raw), ['raw', 'bytes'])
  assert.deepEqual(read(text, raw), ['text', 'plain', 'raw', 'bytes'])
  assert.deepEqual(read(), [])
  assert.deepEqual(read({ ...text, ...raw }), ['raw', 'bytes'], 'raw_value wins')
  assert.deepEqual(read({ ...text, raw_value: Buffer.alloc(0) }), ['text', 'plain'], 'an empty one says nothing')
})

test('case 39: a value that is UTF-8 is text, the bytes FF FE FD are Latin-1', () => {
  const read = (value: string | Uint8Array): string | undefined =>
    decode({ request_headers: { headers: rawHeaders(['x', value]) } }).headers[1]
  assert.equal(read('größe 測試 🎉'), 'größe 測試 🎉')
  assert.equal(read(Uint8Array.of(0xff, 0xfe, 0xfd)), '\xff\xfe\xfd')
  assert.equal(read(Buffer.concat([Buffer.from('é'), Uint8Array.of(0xff)])), 'Ã©ÿ', 'the whole value')
})

test('attributes and metadata are plain values by their names', () => {
  const struct = { fields: { a: { stringValue: 'x' }, n: { numberValue: 1.5 }, l: { listValue: { values: [{}] } } } }
  const plain = { a: 'x', n: 1.5, l: [null] }
  const got = decode({
    request_headers: {},
    attributes: { 'envoy.filters.http.ext_proc': struct, other: {} },
    metadata_context: { filter_metadata: { 'com.example': struct } },
  })
  assert.deepEqual(got.attributes, { 'envoy.filters.http.ext_proc': plain, other: {} })
  assert.deepEqual(got.metadata, { 'com.example': plain })
})

test('attributes named __proto__ change no prototype', () => {
  // attributes { key "__proto__" value { fields { key "a" value { bool_value: true } } } }, and an empty part.
  const { attributes } = hex('12004a16' + '0a095f5f70726f746f5f5f' + '1209' + '0a070a0161' + '12022001')
  assert.deepEqual(Object.keys(attributes ?? {}), ['__proto__'])
  assert.equal(Object.getPrototypeOf(attributes), Object.prototype)
})

test('the modes of the bodies are told when the proxy tells them', () => {
  const modes = ['NONE', 'STREAMED', 'BUFFERED', 'BUFFERED_PARTIAL', 'FULL_DUPLEX_STREAMED', 'GRPC'] as const
  for (const [number, mode] of modes.entries()) {
    const { bodyModes } = decode({ request_headers: {}, protocol_config: { request_body_mode: number } })
    assert.deepEqual(bodyModes, { request: mode, response: 'NONE' })
  }
  const both = { request_body_mode: 'STREAMED', response_body_mode: 'BUFFERED' }
  assert.deepEqual(decode({ request_headers: {}, protocol_config: both }).bodyModes, {
    request: 'STREAMED',
    response: 'BUFFERED',
  })
  assert.deepEqual(decode({ request_headers: {}, protocol_config: {} }).bodyModes, {
    request: 'NONE',
    response: 'NONE',
  })
  malformed('1200' + '5a020806')
})

test('observability mode is told', () => {
  assert.equal(decode({ request_headers: {}, observability_mode: true }).observabilityMode, true)
})

test('of several parts the last counts; one part in two pieces is joined; unknown fields are read over', () => {
  const one = encodeRequest({ request_headers: { headers: rawHeaders(['a', '1']), end_of_stream: true } })
  const two = encodeRequest({ request_headers: { headers: rawHeaders(['b', '2']) } })
  const body = encodeRequest({ request_body: { body: Buffer.from('x') } })
  const join = (...pieces: Buffer[]): ProcessingRequest => decodeProcessingRequest(Buffer.concat(pieces))
  assert.deepEqual(join(one, two), {
    ...nothing,
    part: 'requestHeaders',
    headers: ['a', '1', 'b', '2'],
    endOfStream: true,
  })
  assert.deepEqual(join(one, body), { ...nothing, part: 'requestBody', body: Buffer.from('x') })
  const unknown = Buffer.from('9a060361626398060b', 'hex')
  assert.deepEqual(join(unknown, body, unknown), { ...nothing, part: 'requestBody', body: Buffer.from('x') })
})

test('golden bytes: request headers as Envoy sends them', () => {
  const bytes = '12220a1e0a0e0a073a6d6574686f641a034745540a0c0a053a706174681a032f783f1801' + '5a021002'
  assert.deepEqual(hex(bytes), {
    ...nothing,
    part: 'requestHeaders',
    headers: [':method', 'GET', ':path', '/x?'],
    endOfStream: true,
    bodyModes: { request: 'NONE', response: 'BUFFERED' },
  })
})

test('what is no ProcessingRequest is malformed', () => {
  malformed('')
  // Without a part; a part that is a number; a header without a name; a part that is longer than the message.
  for (const bytes of ['5001', '1001', '12040a020a00', '1205', '120a0a', '0a00', '1b']) malformed(bytes)
})

const anyHeader = fc.tuple(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.uint8Array({ maxLength: 60 })),
)

const anyRequest = fc.record(
  {
    part: fc.constantFrom(...parts),
    headers: fc.array(anyHeader, { maxLength: 8 }),
    body: fc.uint8Array({ maxLength: 200 }),
    end_of_stream: fc.boolean(),
    observability_mode: fc.boolean(),
    attributes: fc.constantFrom({}, { a: { fields: { b: { listValue: { values: [{ boolValue: true }, {}] } } } } }),
    protocol_config: fc.record({ request_body_mode: fc.nat(5), response_body_mode: fc.nat(5) }),
  },
  { noNullPrototype: true },
)

function asMessage({ part, headers, body, end_of_stream, ...others }: RequestFacts): Buffer {
  const map = rawHeaders(...headers)
  const content = part[0].endsWith('body') ? { body } : { headers: map, trailers: map }
  return encodeRequest({ [part[0]]: { ...content, end_of_stream }, ...others })
}

type RequestFacts = typeof anyRequest extends fc.Arbitrary<infer Facts> ? Facts : never

test('any message of another library is read as it was meant', () => {
  fc.assert(
    fc.property(anyRequest, (facts) => {
      const got = decodeProcessingRequest(asMessage(facts))
      const [field, part] = facts.part
      assert.equal(got.part, part)
      assert.equal(got.endOfStream, facts.end_of_stream && !field.endsWith('trailers'))
      assert.equal(got.observabilityMode, facts.observability_mode)
      if (field.endsWith('body')) assert.deepEqual(got.body, Buffer.from(facts.body))
      else
        assert.deepEqual(
          got.headers,
          facts.headers.flatMap(([name, value]) => [name, asText(value)]),
        )
    }),
  )
})

function asText(value: string | Uint8Array): string {
  const bytes = Buffer.from(value as string)
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1')
}

/** Whatever happens must be a message or a MalformedMessage. */
function survives(bytes: Buffer): void {
  try {
    decodeProcessingRequest(bytes)
  } catch (error) {
    assert.ok(error instanceof MalformedMessage, String(error))
  }
}

test('arbitrary bytes never do worse than a MalformedMessage', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(Buffer.from(bytes))))
})

test('messages that are cut, or have bits flipped, never do worse than a MalformedMessage', () => {
  fc.assert(
    fc.property(anyRequest, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (facts, places) => {
      const bytes = asMessage(facts)
      for (const place of places) {
        survives(bytes.subarray(0, place % (bytes.length + 1)))
        if (bytes.length > 0) bytes[place % bytes.length]! ^= 1 << (place % 8)
        survives(bytes)
      }
    }),
  )
})

test('what a message makes grow is in proportion to its bytes', () => {
  const heapOf = (bytes: Buffer): number => {
    const before = process.memoryUsage()
    const request = decodeProcessingRequest(bytes)
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    assert.ok(request.part)
    return heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers
  }
  const repeat = (entry: string, wrap: (bytes: Buffer) => Buffer): Buffer =>
    wrap(Buffer.alloc(1_000_000 - (1_000_000 % (entry.length / 2)), entry, 'hex'))
  const field = (key: number, bytes: Buffer): Buffer => {
    const length = [(bytes.length & 0x7f) | 0x80, ((bytes.length >> 7) & 0x7f) | 0x80, bytes.length >> 14]
    return Buffer.concat([Buffer.from([key, ...length]), bytes])
  }
  const shortHeaders = repeat('0a060a01611a0162', (bytes) => field(0x12, field(0x0a, bytes)))
  const emptyStructs = repeat('0a022a00', (list) =>
    Buffer.concat([Buffer.from('1200', 'hex'), field(0x4a, field(0x12, field(0x0a, field(0x12, field(0x32, list)))))]),
  )
  for (const bytes of [shortHeaders, emptyStructs]) assert.ok(heapOf(bytes) < 32 * bytes.length)
})
