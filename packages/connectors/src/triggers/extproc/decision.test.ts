import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Response } from '@pelton/core'
import { type Answer, type Proceed, decide, unchanged } from './decision.ts'

interface Given extends Partial<Omit<Response, 'body'>> {
  body?: string
}

function decided({ body, ...rest }: Given): Proceed | Answer {
  const bytes = body === undefined ? undefined : Buffer.from(body)
  return decide({ status: 200, headers: [], contentType: '', body: bytes, ...rest }, bytes)
}

const overwrite = (name: string, value: string): object => ({ name, value, action: 'overwrite' })
const append = (name: string, value: string): object => ({ name, value, action: 'append' })
const told = (extproc: object): Given => ({ extra: { extproc } })

describe('what a plain response decides', () => {
  test('nothing, an empty text and an empty body are no change', () => {
    assert.equal(decided({}), unchanged)
    assert.equal(decided({ contentType: 'application/json' }), unchanged)
    assert.deepEqual(decided({ body: '', contentType: 'text/plain' }), unchanged)
  })

  test('a text or bytes are the new body, and say nothing of the content type', () => {
    const body = Buffer.from('new')
    for (const contentType of ['text/plain; charset=utf-8', 'text/plain', 'application/octet-stream']) {
      assert.deepEqual(decided({ body: 'new', contentType }), { kind: 'proceed', set: [], remove: [], body })
    }
  })

  test('what became JSON, or names its type, sets the content type', () => {
    const decision = decided({ body: '{}', contentType: 'application/json' })
    assert.deepEqual(decision.kind === 'proceed' && decision.set, [overwrite('content-type', 'application/json')])
  })

  test('status 200 sets its headers, repeated ones side by side, and leaves framing alone', () => {
    const headers: Response['headers'] = [
      ['X-A', '1'],
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['Content-Length', '7'],
      ['Transfer-Encoding', 'chunked'],
    ]
    const set = [overwrite('x-a', '1'), overwrite('set-cookie', 'a=1'), append('set-cookie', 'b=2')]
    assert.deepEqual(decided({ headers }), { kind: 'proceed', set, remove: [] })
  })

  for (const status of [201, 204, 302, 401, 599]) {
    test(`status ${status} answers at once`, () => {
      const decision = decided({ status, headers: [['Location', '/x']], contentType: 'text/html', body: 'b' })
      const headers = [overwrite('location', '/x'), overwrite('content-type', 'text/html')]
      assert.deepEqual(decision, { kind: 'answer', status, headers, body: Buffer.from('b') })
    })
  }

  const named: [value: string, status: number][] = [
    ['403', 403],
    ['404.0', 404],
    ['200', 200],
    ['', 200],
    ['abc', 200],
    ['99', 200],
    ['600', 200],
  ]
  for (const [value, status] of named) {
    test(`X-Processing-Status "${value}" of a 200 counts as ${status}, and is not sent on`, () => {
      const decision = decided({ headers: [['X-PROCESSING-status', value]], body: 'b' })
      const kind = status === 200 ? 'proceed' : 'answer'
      assert.equal(decision.kind, kind)
      assert.deepEqual(decision.kind === 'answer' ? decision.headers : decision.set, [])
    })
  }

  test('X-Processing-Status 200 lets a response of another status go on', () => {
    assert.equal(decided({ status: 418, headers: [['x-processing-status', '200']], body: 'b' }).kind, 'proceed')
  })
})

describe('what context.extproc decides', () => {
  test('proceed alone is no change, whatever the body of the response', () => {
    assert.deepEqual(decided({ ...told({ action: 'proceed' }), body: 'ignored' }), unchanged)
  })

  test('proceed sets, adds and removes headers, and says all the rest', () => {
    const given = {
      action: 'proceed',
      set: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
      add: [['x-b', '3']],
      remove: ['x-c'],
      path: '/new',
      method: 'PUT',
      status: 202,
      trailers: [['x-t', '4']],
      metadata: { ns: { a: 1 } },
      modeOverride: { responseBody: 'BUFFERED' },
    }
    assert.deepEqual(decided(told(given)), {
      kind: 'proceed',
      set: [overwrite('x-a', '1'), append('x-a', '2'), append('x-b', '3')],
      remove: ['x-c'],
      path: '/new',
      method: 'PUT',
      status: 202,
      trailers: [overwrite('x-t', '4')],
      metadata: { ns: { a: 1 } },
      modeOverride: { responseBody: 'BUFFERED' },
    })
  })

  test('proceed leaves the framing to the proxy', () => {
    const given = { action: 'proceed', set: [['content-length', '7']], add: [['transfer-encoding', 'gzip']] }
    assert.deepEqual(decided(told(given)), unchanged)
  })

  test('proceed with an empty body empties it', () => {
    const decision = decided({ ...told({ action: 'proceed', replacesBody: true }), body: '' })
    assert.equal(decision.kind === 'proceed' && decision.body?.byteLength, 0)
  })

  test('respond answers, 200 too', () => {
    const given = { ...told({ action: 'respond' }), headers: [['x-a', '1']] as Response['headers'], body: 'b' }
    assert.deepEqual(decided(given), {
      kind: 'answer',
      status: 200,
      headers: [overwrite('x-a', '1')],
      body: Buffer.from('b'),
    })
  })

  test('what a host in another language makes up is left out, and without an action it is a plain response', () => {
    const bad = { action: 'proceed', set: [['x a', '1']], remove: [1], path: 7, status: 99, metadata: [], odd: true }
    assert.deepEqual(decided(told(bad)), unchanged)
    assert.deepEqual(decided(told({ action: 'proceed', set: [['x-a', 'a\r\nb']] })), unchanged)
    assert.equal(decided({ ...told({ action: 'dance' }), status: 403 }).kind, 'answer')
    assert.equal(decided({ extra: { extproc: null }, status: 403 }).kind, 'answer')
  })
})
