import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Connection } from './connection.ts'
import { Connections } from './connections.ts'
import { Handshake } from './handshake.ts'

function connection(): Connection {
  const head = { target: '/ws?a=1', path: '/ws', query: 'a=1', remoteAddress: '::1', headers: { host: 'x' } }
  const rest = { method: 'GET', httpVersion: '1.1', secure: false, header: () => undefined }
  const handshake = new Handshake({ ...head, ...rest })
  const owner = { received: () => undefined, drained: () => undefined, closed: () => undefined }
  return new Connection({ handshake, socket: new PassThrough(), subprotocol: '' }, owner)
}

test('a connection that is gone is in no room, and nowhere', () => {
  const connections = new Connections()
  const [first, second] = [connection(), connection()]
  for (const one of [first, second]) {
    connections.add(one)
    connections.join(one, 'red')
    assert.notEqual(connections.newest, one)
    connections.admit(one)
  }
  assert.equal(connections.newest, second)
  connections.remove(second)
  assert.deepEqual([...connections.in('red')], [first])
  assert.equal(connections.get(second.id), undefined)
  assert.equal(connections.newest, first)
  connections.remove(first)
  assert.deepEqual([[...connections.in('red')], connections.size, connections.newest], [[], 0, undefined])
})

test('a handshake tells what the request said', () => {
  const { handshake } = connection()
  assert.deepEqual(
    [handshake.target, handshake.path, handshake.fields, handshake.headers, handshake.remoteAddress],
    ['/ws?a=1', '/ws', { a: '1' }, { host: 'x' }, '::1'],
  )
})
