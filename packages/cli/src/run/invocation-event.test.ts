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
})

test('what HTTP cannot carry is refused in one line that names the option', () => {
  const refused: [words: Parameters<typeof invocationEvent>[0], message: string][] = [
    [{ body: undefined, method: 'G T' }, '--method: expected one word such as GET, got "G T"'],
    [{ body: undefined, method: '' }, '--method: expected one word such as GET, got ""'],
    [{ body: undefined, path: 'a' }, '--path: expected a path that begins with /, without spaces and #, got "a"'],
    [{ body: undefined, path: '/a b' }, '--path: expected a path that begins with /, without spaces and #, got "/a b"'],
    [
      { body: undefined, path: '/a\n' },
      '--path: expected a path that begins with /, without spaces and #, got "/a\\n"',
    ],
    [
      { body: undefined, header: ['a: b\r\nc: d'] },
      '--header: expected \'Name: value\' in one line of Latin characters, got "a: b\\r\\nc: d"',
    ],
    [
      { body: undefined, header: ['a: \u20ac'] },
      '--header: expected \'Name: value\' in one line of Latin characters, got "a: \u20ac"',
    ],
    [{ body: undefined, contentType: 'a\nb' }, '--content-type: expected one line of Latin characters, got "a\\nb"'],
  ]
  for (const [words, message] of refused) {
    assert.throws(() => invocationEvent(words), { code: 'wrong_usage', message })
  }
  assert.equal(invocationEvent({ body: undefined, method: 'm-search', path: '/\u00fc?q=%20' }).method, 'M-SEARCH')
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
