import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findHeader, headerMapOf, joinedHeader, requestLine } from './flat-headers.ts'

const request = [
  [':path', '/api/data?key1=value1&key2=value2'],
  [':method', 'POST'],
  [':authority', 'example.com'],
  [':scheme', 'https'],
  ['x-request-id', 'test-request-id'],
  ['content-length', '10'],
  ['cookie', 'a=1'],
  ['cookie', 'b=2'],
].flat()

test('case 41: the request is read from its pseudo headers, its id from the header', () => {
  assert.deepEqual(requestLine(request), {
    method: 'POST',
    path: '/api/data',
    url: '/api/data?key1=value1&key2=value2',
    query: 'key1=value1&key2=value2',
    authority: 'example.com',
    scheme: 'https',
  })
  assert.equal(findHeader(request, 'x-request-id'), 'test-request-id')
  assert.equal(findHeader(request, 'content-length'), '10')
})

test('what pseudo headers do not say is empty, the path /', () => {
  const nothing = { method: '', path: '/', url: '/', query: '', authority: '', scheme: '' }
  assert.deepEqual(requestLine([]), nothing)
  assert.deepEqual(requestLine(['accept', '*/*', ':status', '200', ':path', '']), nothing)
  assert.deepEqual(requestLine(['x-late', '1', ':method', 'CONNECT', ':authority', 'a:443']), {
    ...nothing,
    method: 'CONNECT',
    authority: 'a:443',
  })
})

test('the query is all after the first question mark', () => {
  const read = (url: string): string[] => {
    const { path, query } = requestLine([':path', url])
    return [path, query]
  }
  assert.deepEqual(read('/a?b=c?d&e=/?'), ['/a', 'b=c?d&e=/?'])
  assert.deepEqual(read('/a?'), ['/a', ''])
  assert.deepEqual(read('?b'), ['', 'b'])
  assert.deepEqual(read('*'), ['*', ''])
})

test('events have lower-case names, repeated ones as lists, and no pseudo headers', () => {
  assert.deepEqual(headerMapOf(request), {
    'x-request-id': 'test-request-id',
    'content-length': '10',
    cookie: ['a=1', 'b=2'],
  })
  assert.deepEqual(headerMapOf(['A', '1', 'a', '', 'a', '3', '', 'nameless']), { a: ['1', '', '3'], '': 'nameless' })
  assert.deepEqual(headerMapOf(['no-value']), {})
})

test('names that every object has are names of headers like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const headers = headerMapOf([...names, ...names].flatMap((name, at) => [name, String(at)]))
  assert.deepEqual(
    Object.entries(headers),
    names.map((name, at) => [name.toLowerCase(), [String(at), String(at + 4)]]),
  )
  assert.equal(Object.getPrototypeOf(headers), Object.prototype)
})

test('case 40: a header is found by its name, the first of repeated ones, or all of them joined', () => {
  const flat = ['Accept-Encoding', 'gzip', 'accept', '*/*', 'accept-encoding', 'br', 'accept-encoding', '']
  assert.equal(findHeader(flat, 'accept-encoding'), 'gzip')
  assert.equal(joinedHeader(flat, 'accept-encoding'), 'gzip, br, ')
  assert.equal(joinedHeader(flat, 'accept'), '*/*')
  assert.equal(joinedHeader(['accept', ''], 'accept'), '')
  assert.equal(findHeader(flat, 'gzip'), undefined)
  assert.equal(joinedHeader(flat, 'gzip'), undefined)
})

const name = fc.oneof(fc.constantFrom('a', 'B', 'b', '__proto__', 'valueOf', ':path'), fc.string())

test('the map has each value once, in order, under its name, whatever the names are', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (lines) => {
      const expected = new Map<string, string[]>()
      for (const [key, value] of lines) {
        const lower = key.toLowerCase()
        if (!key.startsWith(':')) expected.set(lower, [...(expected.get(lower) ?? []), value])
      }
      const entries = Object.entries(headerMapOf(lines.flat())).map(([key, value]) => [key, [value].flat()] as const)
      assert.deepEqual(new Map(entries), expected)
    }),
  )
})
