import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import path from 'node:path'
import { test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import { pythonPeers } from '../../../../scripts/tools/python-peers.ts'
import { peerDecode, peerEncode, peerType } from '../protobuf/fixtures/peer-type.ts'
import { FakeHealth } from './fixtures/fake-health.ts'
import { type FakeStream, openFake } from './fixtures/fake-stream.ts'
import { runPythonPeer } from './fixtures/run-python-peer.ts'
import { collect, connectGrpc, startGrpc } from './fixtures/start-grpc.ts'
import { GrpcError, type StreamListener, type StreamMethod, type UnaryMethod, grpcCode } from './grpc-service.ts'
import { createHealthService } from './health.ts'

const service = 'test.Echo'
const [serving, notServing, unknown] = ['0801', '0802', '0803']
const protos = path.join(import.meta.dirname, '../../protos')
const type = (name: string): ReturnType<typeof peerType> =>
  peerType(protos, 'grpc/health/v1/health.proto', `grpc.health.v1.${name}`)
const request = (name: string): Buffer => peerEncode(type('HealthCheckRequest'), { service: name })

interface Setting {
  source: FakeHealth
  stopping: AbortController
  check(name: string): string
  list(): Record<string, unknown>
  watch(name?: string): { stream: FakeStream; listener: StreamListener }
}

function start(states: Readonly<Record<string, boolean>> = { '': true, [service]: true }): Setting {
  const source = new FakeHealth(states)
  const stopping = new AbortController()
  const { methods } = createHealthService(source, stopping.signal, [service, 'test.Unknown'])
  const call = (method: string, bytes: Buffer): Buffer =>
    (methods[method] as UnaryMethod).handle(bytes, openFake(() => nobody).stream) as Buffer
  return {
    source,
    stopping,
    check: (name) => call('Check', request(name)).toString('hex'),
    list: () => peerDecode(type('HealthListResponse'), call('List', Buffer.alloc(0))),
    watch: (name) => {
      const opened = openFake((stream) => (methods.Watch as StreamMethod).open(stream))
      if (name !== undefined) opened.listener.message(request(name))
      return opened
    },
  }
}

const nobody: StreamListener = { message: () => undefined, halfClosed: () => undefined, closed: () => undefined }
const withCode = (code: number) => (error: unknown) => error instanceof GrpcError && error.code === code

test('Check tells of the server and of each service; one that is not known is NOT_FOUND', () => {
  const { source, check } = start()
  assert.deepEqual([check(''), check(service)], [serving, serving])
  source.set(service, false)
  assert.deepEqual([check(''), check(service)], [serving, notServing])
  assert.throws(() => check('no.such.Service'), withCode(grpcCode.notFound))
})

test('List tells of all services that are known', () => {
  const { source, list } = start()
  source.set(service, false)
  assert.deepEqual(list(), { statuses: { '': { status: 'SERVING' }, [service]: { status: 'NOT_SERVING' } } })
})

test('nothing serves any more when the server stops', () => {
  const { stopping, check, list } = start()
  stopping.abort()
  assert.equal(check(service), notServing)
  assert.deepEqual(list(), { statuses: { '': { status: 'NOT_SERVING' }, [service]: { status: 'NOT_SERVING' } } })
})

test('Watch tells at once, and then each change once', () => {
  const { source, watch } = start()
  const { stream } = watch(service)
  assert.deepEqual(stream.take(), [serving])
  source.set(service, true)
  assert.deepEqual(stream.take(), [], 'no change')
  source.set(service, false)
  source.set(service, false)
  source.set(service, true)
  assert.deepEqual(stream.take(), [notServing, serving])
})

test('Watch of a service that is not known says so, and tells when it comes to be known', () => {
  const { source, watch } = start()
  const { stream } = watch('test.Later')
  assert.deepEqual(stream.take(), [unknown])
  source.set('test.Later', true)
  assert.deepEqual(stream.take(), [serving])
  assert.equal(stream.ended, undefined)
})

test('a watcher that reads slowly gets the newest status only', () => {
  const { source, watch } = start()
  const { stream, listener } = watch('')
  stream.take()
  stream.unsentBytes = 7
  for (const isServing of [false, true, false]) source.set('', isServing)
  assert.deepEqual(stream.take(), [])
  stream.unsentBytes = 0
  listener.drained?.()
  assert.deepEqual(stream.take(), [notServing])
})

test('a Watch says NOT_SERVING and ends when the server stops; a later one as well', () => {
  const { stopping, watch } = start()
  const early = watch('')
  const silent = watch()
  stopping.abort()
  assert.deepEqual(early.stream.take(), [serving, notServing])
  assert.equal(early.stream.ended?.code, grpcCode.unavailable)
  assert.equal(silent.stream.ended?.code, grpcCode.unavailable, 'one that has not asked yet')
  const late = watch('')
  assert.deepEqual(late.stream.take(), [notServing])
  assert.equal(late.stream.ended?.code, grpcCode.unavailable)
})

test('more than 1,024 watchers are turned away, and one that leaves makes room', () => {
  const { source, watch } = start()
  const watchers = Array.from({ length: 1_024 }, () => watch(''))
  assert.equal(source.listeners.size, 1, 'the source is listened to once')
  assert.equal(watch('').stream.ended?.code, grpcCode.resourceExhausted)
  watchers[0]!.listener.closed(false)
  assert.equal(watch('').stream.ended, undefined)
})

test('nobody listens to the source when nobody watches', () => {
  const { source, watch } = start()
  const { listener } = watch('')
  listener.closed(true)
  assert.equal(source.listeners.size, 0)
  watch('')
  assert.equal(source.listeners.size, 1)
})

test('garbage, a second message and none at all are INVALID_ARGUMENT', () => {
  const { watch } = start()
  const garbage = watch()
  garbage.listener.message(Buffer.from('0a05', 'hex'))
  const second = watch('')
  second.listener.message(request(''))
  const none = watch()
  none.listener.halfClosed()
  for (const { stream } of [garbage, second, none]) assert.equal(stream.ended?.code, grpcCode.invalidArgument)
  const { methods } = createHealthService(new FakeHealth({}))
  const { handle } = methods.Check as UnaryMethod
  assert.throws(
    () => handle(Buffer.from('0a05', 'hex'), openFake(() => nobody).stream),
    withCode(grpcCode.invalidArgument),
  )
})

test('a client of grpc-js sees every change of a service, up to the end', async (t) => {
  const source = new FakeHealth({ '': true })
  const { server } = await startGrpc(t, {}, { health: source })
  const stream = connectGrpc(t, server).stream('/grpc.health.v1.Health/Watch')
  const heard: string[] = []
  stream.on('data', (message: Buffer) => heard.push(message.toString('hex')))
  const collected = collect(stream)
  stream.write(request(''))
  stream.end()
  await waitUntil('the first status', () => heard.length === 1)
  for (const [count, isServing] of [false, true, false, true].entries()) {
    source.set('', isServing)
    await waitUntil('the change', () => heard.length === count + 2)
  }
  await server.close()
  const { code } = await collected
  assert.deepEqual(heard, [serving, notServing, serving, notServing, serving, notServing])
  assert.equal(code, grpcCode.unavailable)
})

const peers = await pythonPeers()

test('grpcio-health-checking hears the truth', { skip: peers.skip }, async (t) => {
  const source = new FakeHealth({ '': true, [service]: false })
  const { server } = await startGrpc(t, {}, { health: source })
  assert.deepEqual(await runPythonPeer(String(peers.python), 'health_peer.py', String(server.port), service), {
    '': 'SERVING',
    [service]: 'NOT_SERVING',
    'no.such.Service': 'NOT_FOUND',
    watch: 'NOT_SERVING',
  })
})
