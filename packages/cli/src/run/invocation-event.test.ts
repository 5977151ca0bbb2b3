import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { invocationEvent } from './invocation-event.ts'

test('a body makes a POST of text, nothing makes a GET', () => {
  const post = invocationEvent({ body: Buffer.from('hi') })
  assert.deepEqual([post.method, post.path, post.contentType], ['POST', '/', 'text/plain; charset=utf-8'])
  const get = invocationEvent({ body: undefined })
  assert.deepEqual([get.method, get.contentType, get.body.length], ['GET', '', 0])
})

test('the query becomes fields, of repeated ones the last', () => {
  const event = invocationEvent({ body: undefined, path: '/a/b?x=1&y=%20&x=2' })
  assert.equal(event.path, '/a/b')
  assert.equal(event.url, '/a/b?x=1&y=%20&x=2')
  assert.deepEqual(event.fields, { x: '2', y: ' ' })
})

test('headers have lower-case names, repeated ones are lists, --content-type wins', () => {
  const header = ['X-A: 1', 'x-a:2', 'Content-Type: text/html']
  const event = invocationEvent({ body: undefined, header, contentType: 'application/json' })
  assert.deepEqual(event.headers, { 'x-a': ['1', '2'], 'content-type': 'application/json' })
  assert.equal(invocationEvent({ body: undefined, header }).contentType, 'text/html')
})

test('a header that is none is refused by its text', () => {
  for (const line of ['no colon', ': empty', 'a b: c', 'x: a\r\ny: b']) {
    assert.throws(() => invocationEvent({ body: undefined, header: [line] }), { code: 'wrong_usage' }, line)
  }
  assert.throws(() => invocationEvent({ body: undefined, path: 'relative' }), { code: 'wrong_usage' })
})

test('any path and header is an event or a usage error', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (path, header) => {
      try {
        const event = invocationEvent({ body: undefined, path: `/${path}`, header: [header, `__proto__: ${header}`] })
        assert.equal(Object.getPrototypeOf(event.headers), Object.prototype)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'wrong_usage')
      }
    }),
  )
})
