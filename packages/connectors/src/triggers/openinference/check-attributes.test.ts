import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Compat, decode } from '@pelton/core'
import { datatypes } from '@pelton/protocols/inference'
import { checkAttributes } from './check-attributes.ts'
import { type OpenInferenceAttributes, attributes, modelEntries } from './config.ts'
import { grpcAddress, listenAddresses, restAddress } from './listen-address.ts'

const x = { name: 'x', datatype: 'FP32', shape: [-1, 3] }

function decoded(given: Record<string, unknown>): OpenInferenceAttributes {
  const { value, faults } = decode(attributes, given)
  assert.deepEqual(faults, [])
  assert.ok(value)
  return value
}

/** What is wrong with values one by one, one line a fault. */
function faultsOf(given: Record<string, unknown>): string[] {
  return decode(attributes, given).faults.map(({ code, path }) => [code, ...path].join(' '))
}

/** What is wrong or doubtful about attributes together, one line a note. */
function notesOn(written: Record<string, unknown>, compat: Compat = 'none'): string[] {
  const notes = checkAttributes(decoded(written), { compat, written })
  return notes.map(({ level, path }) => `${level} ${path.join('.')}`)
}

test('a trigger without attributes serves a model named model by REST and gRPC', () => {
  const given = decoded({})
  assert.deepEqual(given, { enable_rest: true, enable_grpc: true, max_body_bytes: 64 * 1024 * 1024 })
  assert.deepEqual(modelEntries(given), [
    { model_name: 'model', model_version: '1', input_tensors: [], output_tensors: [] },
  ])
  assert.deepEqual(notesOn({}), [])
})

test('a datatype is any of the protocol, in any letter case', () => {
  for (const datatype of datatypes) {
    const input_tensors = [{ ...x, datatype: datatype.toLowerCase() }]
    assert.deepEqual(decoded({ input_tensors }).input_tensors, [{ ...x, datatype }])
  }
})

const wrong: [given: Record<string, unknown>, fault: string][] = [
  [{ model_name: '' }, 'wrong_value model_name'],
  [{ model_version: '' }, 'wrong_value model_version'],
  [{ rest_port: 65_536 }, 'wrong_value rest_port'],
  [{ grpc_port: '9000' }, 'wrong_value grpc_port'],
  [{ enable_rest: 'yes' }, 'wrong_value enable_rest'],
  [{ max_body_bytes: 0 }, 'wrong_value max_body_bytes'],
  [{ models: [] }, 'wrong_value models'],
  [{ models: [{}] }, 'missing_key models 0 model_name'],
  [{ tls: { cert: 'a.pem' } }, 'missing_key tls key'],
  [{ input_tensors: [{ ...x, datatype: 'FLOAT' }] }, 'wrong_value input_tensors 0 datatype'],
  [{ input_tensors: [{ name: 'x', shape: [] }] }, 'missing_key input_tensors 0 datatype'],
  [{ output_tensors: [{ ...x, shape: [-2] }] }, 'wrong_value output_tensors 0 shape 0'],
  [{ output_tensors: [{ ...x, shape: [1.5] }] }, 'wrong_value output_tensors 0 shape 0'],
  [{ output_tensors: [{ ...x, name: '' }] }, 'wrong_value output_tensors 0 name'],
  [{ platform: 'x' }, 'unknown_key platform'],
]
for (const [given, fault] of wrong) {
  test(`${JSON.stringify(given)} is a fault`, () => assert.deepEqual(faultsOf(given), [fault]))
}

test('REST and gRPC cannot both be off, and need a port each', () => {
  assert.deepEqual(notesOn({ enable_rest: false, enable_grpc: false }), ['error enable_rest'])
  assert.deepEqual(notesOn({ enable_rest: false }), [])
  assert.deepEqual(notesOn({ rest_port: 9000, grpc_port: 9000 }), ['error grpc_port'])
  assert.deepEqual(notesOn({ rest_port: 9000 }), ['error grpc_port'])
  assert.deepEqual(notesOn({ grpc_port: 8080 }), ['error grpc_port'])
  assert.deepEqual(notesOn({ rest_port: 0, grpc_port: 0 }), [])
  assert.deepEqual(notesOn({ rest_port: 9000, grpc_port: 9000, enable_rest: false }), [])
})

test('a list of models has their keys, which then stand nowhere else', () => {
  const models = [
    { model_name: 'a', input_tensors: [x] },
    { model_name: 'a', model_version: '2' },
  ]
  assert.deepEqual(modelEntries(decoded({ models })), [
    { model_name: 'a', model_version: '1', input_tensors: [x], output_tensors: [] },
    { model_name: 'a', model_version: '2', input_tensors: [], output_tensors: [] },
  ])
  assert.deepEqual(notesOn({ models }), [])
  assert.deepEqual(notesOn({ models, model_name: 'a', output_tensors: [] }), [
    'error model_name',
    'error output_tensors',
  ])
})

test('a model and a tensor are there once', () => {
  const models = [{ model_name: 'a' }, { model_name: 'a' }, { model_name: 'b', output_tensors: [x, x] }]
  assert.deepEqual(notesOn({ models }), ['error models.1.model_name', 'error models.2.output_tensors.1.name'])
  assert.deepEqual(notesOn({ input_tensors: [x, x], output_tensors: [x] }), ['error input_tensors.1.name'])
})

test('a version that is a number stops the start, in nuclio files it is warned about', () => {
  const models = [{ model_name: 'a', modelVersion: 2 }]
  assert.deepEqual(notesOn({ model_version: 1.5 }), ['error model_version'])
  assert.deepEqual(notesOn({ models }), ['error models.0.modelVersion'])
  for (const compat of ['nuclio', 'digitalhub'] as const) {
    assert.deepEqual(notesOn({ model_version: 1.5 }, compat), ['warning model_version'])
  }
  assert.equal(modelEntries(decoded({ model_version: 1.5 }))[0]?.model_version, '1.5')
})

test('data_type is datatype; nuclio files are told of it', () => {
  const input_tensors = [x, { name: 'y', data_type: 'BYTES', shape: [1] }]
  assert.deepEqual(decoded({ input_tensors }).input_tensors?.[1], { name: 'y', datatype: 'BYTES', shape: [1] })
  assert.deepEqual(notesOn({ input_tensors }), [])
  assert.deepEqual(notesOn({ input_tensors }, 'nuclio'), ['warning input_tensors.1.data_type'])
  const models = [{ model_name: 'a', input_tensors }]
  assert.deepEqual(notesOn({ models }, 'nuclio'), ['warning models.0.input_tensors.1.data_type'])
})

test('REST has what is below /v2 on its port; that of 8080 moves, but not on Kubernetes', () => {
  const rest = { host: '', port: 8080, path: '/v2/*', configured: false }
  const grpc = { host: '', port: 9000, path: '*', configured: false }
  const settings = { name: 'models', attributes: decoded({}), kubernetes: false }
  assert.deepEqual(listenAddresses(settings), [rest, grpc])
  assert.deepEqual(restAddress({ ...settings, kubernetes: true }), { ...rest, configured: true })
  assert.equal(restAddress({ ...settings, takenPorts: [8080] })?.port, 0)
  const configured = { ...settings, attributes: decoded({ rest_port: 8080, grpc_port: 0, enable_rest: false }) }
  assert.deepEqual(listenAddresses(configured), [{ ...grpc, port: 0, configured: true }])
  const only = { ...settings, attributes: decoded({ rest_port: 8080, enable_grpc: false }) }
  assert.deepEqual(listenAddresses(only), [{ ...rest, configured: true }])
  assert.equal(grpcAddress(only), undefined)
})

test('a url says the host of both, and the port of REST', () => {
  const settings = { name: 'models', attributes: decoded({ rest_port: 7000 }), kubernetes: false }
  const at = (url: string): unknown => listenAddresses({ ...settings, url }).map(({ host, port }) => [host, port])
  assert.deepEqual(at('127.0.0.1'), [
    ['127.0.0.1', 7000],
    ['127.0.0.1', 9000],
  ])
  assert.deepEqual(at('[::1]:0'), [
    ['::1', 0],
    ['::1', 9000],
  ])
  assert.throws(() => at('no where'), { code: 'address_invalid' })
})
