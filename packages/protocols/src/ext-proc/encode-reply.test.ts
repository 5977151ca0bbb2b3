import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeProcessingReply } from './encode-reply.ts'
import { decodeReply } from './fixtures/peer-messages.ts'
import type { HeaderMutation, Part, ProcessingReply } from './messages.ts'

const encode = (reply: ProcessingReply): Record<string, unknown> => decodeReply(encodeProcessingReply(reply))

const fields: Readonly<Record<Part, string>> = {
  requestHeaders: 'request_headers',
  responseHeaders: 'response_headers',
  requestBody: 'request_body',
  responseBody: 'response_body',
  requestTrailers: 'request_trailers',
  responseTrailers: 'response_trailers',
}
const parts = Object.keys(fields) as Part[]

test('a reply that changes nothing is the same bytes each time', () => {
  for (const part of parts) {
    const bytes = encodeProcessingReply({ part })
    assert.deepEqual(decodeReply(bytes), { [fields[part]]: {} })
    assert.equal(encodeProcessingReply({ part }), bytes)
  }
})

test('headers go out as raw_value with their action, in order; an empty value is kept', () => {
  const headers: HeaderMutation = {
    set: [
      { name: ':path', value: '/new?é', action: 'overwrite' },
      { name: 'x-a', value: '1', action: 'append' },
      { name: 'x-b', value: '', action: 'addIfAbsent' },
      { name: 'x-c', value: 'ü'.repeat(100), action: 'overwriteIfExists' },
    ],
    remove: ['cookie', 'x-old'],
  }
  const mutation = {
    set_headers: [
      header(':path', '/new?é', 'OVERWRITE_IF_EXISTS_OR_ADD'),
      { ...header('x-a', '1'), append: { value: true } },
      { header: { key: 'x-b' }, append_action: 'ADD_IF_ABSENT', keep_empty_value: true },
      header('x-c', 'ü'.repeat(100), 'OVERWRITE_IF_EXISTS'),
    ],
    remove_headers: ['cookie', 'x-old'],
  }
  const expected = { response: { header_mutation: mutation, clear_route_cache: true } }
  assert.deepEqual(encode({ part: 'requestHeaders', headers, clearsRouteCache: true }), { request_headers: expected })
  assert.deepEqual(encode({ part: 'responseTrailers', headers }), {
    response_trailers: { header_mutation: mutation },
  })
})

function header(key: string, value: string, action?: string): object {
  const option = { header: { key, raw_value: Buffer.from(value) } }
  return action === undefined ? option : { ...option, append_action: action }
}

test('bodies are replaced, by an empty one too, cleared, or streamed', () => {
  const mutated = (mutation: object): object => ({ response_body: { response: { body_mutation: mutation } } })
  const body = Buffer.from([0, 255])
  assert.deepEqual(encode({ part: 'responseBody', body: { kind: 'replace', body } }), mutated({ body }))
  const empty = Buffer.alloc(0)
  assert.deepEqual(encode({ part: 'responseBody', body: { kind: 'replace', body: empty } }), mutated({ body: empty }))
  assert.deepEqual(encode({ part: 'responseBody', body: { kind: 'clear' } }), mutated({ clear_body: true }))
  assert.deepEqual(
    encode({ part: 'responseBody', body: { kind: 'streamed', body, endOfStream: true } }),
    mutated({ streamed_response: { body, end_of_stream: true } }),
  )
  assert.deepEqual(
    encode({ part: 'responseBody', body: { kind: 'streamed', body: empty, endOfStream: false } }),
    mutated({ streamed_response: {} }),
  )
})

test('a body of 10 MB goes out whole', () => {
  const body = Buffer.alloc(10_000_000, 'xyz')
  const reply = encode({ part: 'requestBody', body: { kind: 'replace', body } }) as {
    request_body: { response: { body_mutation: { body: Buffer } } }
  }
  assert.ok(reply.request_body.response.body_mutation.body.equals(body))
})

test('metadata is a struct, and modes go out by their numbers', () => {
  const dynamicMetadata = { 'com.example': { user: 'a', roles: ['x', 1, null], skipped: undefined } }
  const modeOverride = {
    responseHeaders: 'SKIP',
    requestBody: 'BUFFERED',
    responseBody: 'FULL_DUPLEX_STREAMED',
    requestTrailers: 'SEND',
    responseTrailers: 'SKIP',
  } as const
  assert.deepEqual(encode({ part: 'requestHeaders', dynamicMetadata, modeOverride }), {
    request_headers: { response: {} },
    dynamic_metadata: {
      fields: {
        'com.example': {
          structValue: {
            fields: {
              user: { stringValue: 'a' },
              roles: {
                listValue: { values: [{ stringValue: 'x' }, { numberValue: 1 }, { nullValue: 'NULL_VALUE' }] },
              },
            },
          },
        },
      },
    },
    mode_override: {
      response_header_mode: 'SKIP',
      request_body_mode: 'BUFFERED',
      response_body_mode: 'FULL_DUPLEX_STREAMED',
      request_trailer_mode: 'SEND',
      response_trailer_mode: 'SKIP',
    },
  })
  assert.deepEqual(encode({ part: 'requestBody', modeOverride: {} }), {
    request_body: { response: {} },
    mode_override: {},
  })
})

test('an immediate reply has status, headers, body and details', () => {
  const headers: HeaderMutation = { set: [{ name: 'content-type', value: 'text/plain', action: 'overwrite' }] }
  const mutation = { set_headers: [header('content-type', 'text/plain', 'OVERWRITE_IF_EXISTS_OR_ADD')] }
  assert.deepEqual(
    encode({ part: 'immediate', status: 401, headers, body: Buffer.from('no'), details: 'jwt', dynamicMetadata: {} }),
    {
      immediate_response: {
        status: { code: 'Unauthorized' },
        headers: mutation,
        body: Buffer.from('no'),
        details: 'jwt',
      },
      dynamic_metadata: {},
    },
  )
  assert.deepEqual(encode({ part: 'immediate', status: 299 }), { immediate_response: { status: { code: 299 } } })
})

test('golden bytes: one header overwritten', () => {
  const reply: ProcessingReply = {
    part: 'requestHeaders',
    headers: { set: [{ name: 'x-a', value: '1', action: 'overwrite' }] },
  }
  assert.equal(encodeProcessingReply(reply).toString('hex'), '0a120a10120e0a0c0a080a03782d611a01311802')
})

test('replies that were made before stay as they are', () => {
  const anyHeader = fc.record({
    name: fc.string({ minLength: 1, maxLength: 30 }),
    value: fc.string({ unit: 'grapheme', maxLength: 90 }),
    action: fc.constant('append' as const),
  })
  fc.assert(
    fc.property(fc.array(fc.array(anyHeader, { minLength: 1, maxLength: 6 }), { maxLength: 20 }), (all) => {
      const sent = all.map((set) => encodeProcessingReply({ part: 'responseHeaders', headers: { set } }))
      for (const [index, bytes] of sent.entries()) {
        const set = all[index]!.map(({ name, value }) =>
          value === '' ? { header: { key: name }, keep_empty_value: true } : header(name, value),
        ).map((option) => ({ ...option, append: { value: true } }))
        const expected = { response_headers: { response: { header_mutation: { set_headers: set } } } }
        assert.deepEqual(decodeReply(bytes), expected)
      }
    }),
  )
})
