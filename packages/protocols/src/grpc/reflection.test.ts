import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { pythonPeers } from '../../../../scripts/tools/python-peers.ts'
import { extProcServiceName, loadDescriptors } from '../ext-proc/service.ts'
import { peerDecode, peerEncode, peerType } from '../protobuf/fixtures/peer-type.ts'
import { FakeHealth } from './fixtures/fake-health.ts'
import { type FakeStream, openFake } from './fixtures/fake-stream.ts'
import { runPythonPeer } from './fixtures/run-python-peer.ts'
import { collect, connectGrpc, startGrpc } from './fixtures/start-grpc.ts'
import { type GrpcService, type StreamListener, type StreamMethod, grpcCode } from './grpc-service.ts'
import { createHealthService } from './health.ts'
import { createReflectionService } from './reflection.ts'

const protos = path.join(import.meta.dirname, '../../protos')
const type = (name: string): ReturnType<typeof peerType> =>
  peerType(protos, 'grpc/reflection/v1/reflection.proto', `grpc.reflection.v1.${name}`)
const requestType = type('ServerReflectionRequest')
const answerType = type('ServerReflectionResponse')
const fileType = peerType(
  path.join(import.meta.dirname, '../../../../node_modules/protobufjs'),
  'google/protobuf/descriptor.proto',
  'google.protobuf.FileDescriptorProto',
)

const extProc: GrpcService = { name: extProcServiceName, methods: {}, descriptors: loadDescriptors }
const undescribed: GrpcService = { name: 'test.Undescribed', methods: {} }
const services = [extProc, createHealthService(new FakeHealth({})), undescribed]
const extProcFile = 'envoy/service/ext_proc/v3/external_processor.proto'

function open(given = services, version = 0): { stream: FakeStream; listener: StreamListener } {
  const { methods } = createReflectionService(given)[version]!
  return openFake((stream) => (methods.ServerReflectionInfo as StreamMethod).open(stream))
}

interface Answer {
  files: string[]
  error: number | undefined
  whole: Record<string, unknown>
}

function readAnswer(bytes: Buffer): Answer {
  const whole = peerDecode(answerType, bytes)
  const { file_descriptor_response, error_response } = whole as {
    file_descriptor_response?: { file_descriptor_proto: Buffer[] }
    error_response?: { error_code: number }
  }
  const files = file_descriptor_response?.file_descriptor_proto ?? []
  return {
    files: files.map((file) => String(peerDecode(fileType, file).name)),
    error: error_response?.error_code,
    whole,
  }
}

/** One question, one answer. */
async function ask(question: object): Promise<Answer> {
  const { stream, listener } = open()
  listener.message(peerEncode(requestType, question))
  await waitUntil('the answer', () => stream.sent.length === 1)
  return readAnswer(stream.sent[0]!)
}

test('all services are listed, those of reflection included, and the question comes back', async () => {
  const { whole } = await ask({ host: 'here', list_services: '' })
  assert.deepEqual(whole, {
    valid_host: 'here',
    original_request: { host: 'here', list_services: '' },
    list_services_response: {
      service: [
        { name: extProcServiceName },
        { name: 'grpc.health.v1.Health' },
        { name: 'grpc.reflection.v1.ServerReflection' },
        { name: 'grpc.reflection.v1alpha.ServerReflection' },
        { name: 'test.Undescribed' },
      ],
    },
  })
})

test('a file comes with everything that it imports, itself first', async () => {
  const { files } = await ask({ file_by_filename: extProcFile })
  assert.equal(files[0], extProcFile)
  assert.deepEqual(files.toSorted(), [
    'envoy/config/core/v3/base.proto',
    'envoy/extensions/filters/http/ext_proc/v3/processing_mode.proto',
    extProcFile,
    'envoy/type/v3/http_status.proto',
    'google/protobuf/duration.proto',
    'google/protobuf/struct.proto',
    'google/protobuf/wrappers.proto',
  ])
})

test('symbols of every kind lead to their file', async () => {
  const symbols: Readonly<Record<string, string>> = {
    [extProcServiceName]: extProcFile,
    [`${extProcServiceName}.Process`]: extProcFile,
    'envoy.service.ext_proc.v3.ProcessingRequest': extProcFile,
    'envoy.service.ext_proc.v3.ProcessingRequest.request_body': extProcFile,
    'envoy.service.ext_proc.v3.ProcessingRequest.request': extProcFile,
    'envoy.service.ext_proc.v3.CommonResponse.ResponseStatus': extProcFile,
    'envoy.service.ext_proc.v3.CommonResponse.CONTINUE_AND_REPLACE': extProcFile,
    'envoy.type.v3.Unauthorized': 'envoy/type/v3/http_status.proto',
    'google.protobuf.Struct.FieldsEntry': 'google/protobuf/struct.proto',
    'grpc.health.v1.Health.Watch': 'grpc/health/v1/health.proto',
    'grpc.reflection.v1.ServerReflection': 'grpc/reflection/v1/reflection.proto',
    'grpc.reflection.v1alpha.ServerReflection': 'grpc/reflection/v1alpha/reflection.proto',
  }
  for (const [symbol, file] of Object.entries(symbols)) {
    assert.equal((await ask({ file_containing_symbol: symbol })).files[0], file, symbol)
  }
})

test('what is not there is NOT_FOUND, extensions too; no question is INVALID_ARGUMENT', async () => {
  const nothing = [
    { file_by_filename: 'no/such/file.proto' },
    { file_by_filename: '__proto__' },
    { file_containing_symbol: 'no.such.Symbol' },
    { file_containing_symbol: 'test.Undescribed' },
    { file_containing_extension: { containing_type: 'google.protobuf.Struct', extension_number: 1 } },
    { all_extension_numbers_of_type: 'google.protobuf.Struct' },
  ]
  for (const question of nothing) assert.equal((await ask(question)).error, grpcCode.notFound)
  assert.equal((await ask({})).error, grpcCode.invalidArgument)
})

test('questions are answered in order, those that came before the files were read too, and then it ends', async () => {
  const { stream, listener } = open()
  assert.equal(stream.isPaused, true)
  const names = [extProcFile, 'grpc/health/v1/health.proto', 'google/protobuf/struct.proto']
  for (const name of names) listener.message(peerEncode(requestType, { file_by_filename: name }))
  listener.halfClosed()
  await waitUntil('the end', () => stream.ended !== undefined)
  assert.deepEqual(
    stream.sent.map((bytes) => readAnswer(bytes).files[0]),
    names,
  )
  assert.equal(stream.ended?.code, grpcCode.ok)
})

test('a client that does not take its answers is not read any more until it does', async () => {
  const { stream, listener } = open()
  await waitUntil('the files', () => !stream.isPaused)
  stream.unsentBytes = 300_000
  listener.message(peerEncode(requestType, { list_services: '' }))
  assert.equal(stream.isPaused, true)
  stream.unsentBytes = 0
  listener.drained?.()
  assert.equal(stream.isPaused, false)
})

test('garbage ends the stream with INVALID_ARGUMENT', async () => {
  const { stream, listener } = open()
  listener.message(Buffer.from('0aff', 'hex'))
  await waitUntil('the end', () => stream.ended !== undefined)
  assert.equal(stream.ended?.code, grpcCode.invalidArgument)
})

test('descriptors that cannot be read end the stream with INTERNAL', async () => {
  const { stream } = open([{ ...undescribed, descriptors: () => Promise.resolve(Buffer.from('0aff', 'hex')) }])
  await waitUntil('the end', () => stream.ended !== undefined)
  assert.equal(stream.ended?.code, grpcCode.internal)
})

test('a client that is gone before the files are read is not answered', async () => {
  const { stream, listener } = open()
  listener.message(peerEncode(requestType, { list_services: '' }))
  listener.closed(false)
  const second = open()
  await waitUntil('the files', () => !second.stream.isPaused)
  assert.deepEqual(stream.take(), [])
})

test('a client of grpc-js is answered by both versions', async (t) => {
  const { server } = await startGrpc(t, {}, { services: [extProc] })
  for (const version of ['v1', 'v1alpha']) {
    const stream = connectGrpc(t, server).stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`)
    const collected = collect(stream)
    stream.write(peerEncode(requestType, { file_containing_symbol: extProcServiceName }))
    stream.end()
    const { messages, code } = await collected
    assert.equal(code, grpcCode.ok)
    assert.equal(readAnswer(messages[0]!).files[0], extProcFile)
  }
})

test('a client that keeps its stream open does not hold up the end of the server', async (t) => {
  const { server } = await startGrpc(t, {}, { services: [extProc] })
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const stream = connectGrpc(t, server).stream(path)
  const collected = collect(stream)
  stream.write(peerEncode(requestType, { list_services: '' }))
  await once(stream, 'data')
  await within('the end', server.close(), 2_000)
  assert.equal((await collected).code, grpcCode.unavailable)
  const stopped = createReflectionService([extProc], AbortSignal.abort())[0]!.methods.ServerReflectionInfo
  const late = openFake((given) => (stopped as StreamMethod).open(given))
  assert.equal(late.stream.ended?.code, grpcCode.unavailable)
})

const peers = await pythonPeers()

test('grpcio-reflection builds all services of what it is told', { skip: peers.skip }, async (t) => {
  const { server } = await startGrpc(t, {}, { services: [extProc], health: new FakeHealth({}) })
  const heard = (await runPythonPeer(String(peers.python), 'reflection_peer.py', String(server.port))) as object
  assert.deepEqual(Object.keys(heard), [
    extProcServiceName,
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
  ])
  assert.deepEqual((heard as Record<string, unknown>)[extProcServiceName], {
    Process: ['envoy.service.ext_proc.v3.ProcessingRequest', 'envoy.service.ext_proc.v3.ProcessingResponse'],
  })
})
