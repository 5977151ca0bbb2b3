import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { datatypes } from '../datatype.ts'
import { InferenceError, type ModelMetadata } from '../tensor.ts'
import { encodeModelConfig, encodeModelMetadata, encodeReadiness, encodeServerMetadata } from './encode-metadata.ts'
import { type ModelStatistics, encodeModelStatistics } from './encode-statistics.ts'
import { decodePeer, encodePeer } from './fixtures/peer-messages.ts'
import { decodeModelReference } from './model-reference.ts'
import {
  decodeRepositoryIndexRequest,
  decodeRepositoryModelRequest,
  encodeRepositoryIndex,
  repositoryModelReply,
} from './repository-messages.ts'

test('liveness and readiness', () => {
  for (const [message, field] of [
    ['ServerLiveResponse', 'live'],
    ['ServerReadyResponse', 'ready'],
    ['ModelReadyResponse', 'ready'],
  ] as const) {
    assert.deepEqual(decodePeer(message, encodeReadiness(true)), { [field]: true })
    assert.deepEqual(decodePeer(message, encodeReadiness(false)), {})
  }
})

test('requests name a model and its version, or nothing', () => {
  for (const message of ['ModelReadyRequest', 'ModelMetadataRequest', 'ModelConfigRequest', 'ModelStatisticsRequest']) {
    const decode = (value: object): object => decodeModelReference(encodePeer(message, value))
    assert.deepEqual(decode({ name: 'm', version: '1.0' }), { name: 'm', version: '1.0' })
    assert.deepEqual(decode({}), { name: '', version: '' })
  }
})

test('metadata of the server', () => {
  const metadata = { name: 'pelton', version: '0.1.0', extensions: ['binary_tensor_data', 'model_repository'] }
  assert.deepEqual(decodePeer('ServerMetadataResponse', encodeServerMetadata(metadata)), metadata)
})

const metadata: ModelMetadata = {
  name: 'm',
  versions: ['1', '2'],
  platform: 'onnx_onnxruntime',
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 3, 224, 224] },
    { name: 's', datatype: 'BYTES', shape: [] },
  ],
  outputs: [{ name: 'y', datatype: 'INT64', shape: [-1, 1000] }],
}

test('case 57: metadata of a model, with sizes that are free and shapes of scalars', () => {
  assert.deepEqual(decodePeer('ModelMetadataResponse', encodeModelMetadata(metadata)), {
    name: 'm',
    versions: ['1', '2'],
    platform: 'onnx_onnxruntime',
    inputs: [
      { name: 'x', datatype: 'FP32', shape: ['-1', '3', '224', '224'] },
      { name: 's', datatype: 'BYTES' },
    ],
    outputs: [{ name: 'y', datatype: 'INT64', shape: ['-1', '1000'] }],
  })
})

test('the configuration of a model, with the names of Triton for datatypes', () => {
  const outputs = datatypes.map((datatype) => ({ name: datatype, datatype, shape: [2] }))
  const config = { ...metadata, outputs, maxBatchSize: 8, isDecoupled: true }
  assert.deepEqual(decodePeer('ModelConfigResponse', encodeModelConfig(config)), {
    config: {
      name: 'm',
      platform: 'onnx_onnxruntime',
      max_batch_size: 8,
      input: [
        { name: 'x', data_type: 'TYPE_FP32', dims: ['-1', '3', '224', '224'] },
        { name: 's', data_type: 'TYPE_STRING' },
      ],
      output: datatypes.map((name) => ({
        name,
        data_type: name === 'BYTES' ? 'TYPE_STRING' : `TYPE_${name}`,
        dims: ['2'],
      })),
      model_transaction_policy: { decoupled: true },
    },
  })
  const least = { name: 'm', platform: 'p', maxBatchSize: 0, inputs: [], outputs: [], isDecoupled: false }
  assert.deepEqual(decodePeer('ModelConfigResponse', encodeModelConfig(least)), {
    config: { name: 'm', platform: 'p' },
  })
})

test('statistics of models', () => {
  const took = (count: number, nanoseconds: number): ModelStatistics['queue'] => ({ count, nanoseconds })
  const model: ModelStatistics = {
    name: 'm',
    version: '1',
    lastInferenceMs: 1_700_000_000_000,
    inferenceCount: 5,
    executionCount: 2,
    success: took(5, 2 ** 40),
    fail: took(0, 0),
    queue: took(5, 1_000),
    computeInput: took(2, 3),
    computeInfer: took(2, 4),
    computeOutput: took(2, 5),
    batches: [{ batchSize: 4, computeInput: took(1, 1), computeInfer: took(1, 2), computeOutput: took(1, 3) }],
  }
  const peer = (count: number, ns: number): object => ({ count: String(count), ns: String(ns) })
  assert.deepEqual(decodePeer('ModelStatisticsResponse', encodeModelStatistics([model])), {
    model_stats: [
      {
        name: 'm',
        version: '1',
        last_inference: '1700000000000',
        inference_count: '5',
        execution_count: '2',
        inference_stats: {
          success: peer(5, 2 ** 40),
          fail: {},
          queue: peer(5, 1_000),
          compute_input: peer(2, 3),
          compute_infer: peer(2, 4),
          compute_output: peer(2, 5),
        },
        batch_stats: [
          { batch_size: '4', compute_input: peer(1, 1), compute_infer: peer(1, 2), compute_output: peer(1, 3) },
        ],
      },
    ],
  })
})

test('the index of the repository is asked for and answered', () => {
  assert.deepEqual(decodeRepositoryIndexRequest(Buffer.from('1001', 'hex')), { repository: '', readyOnly: true })
  const asked = encodePeer('RepositoryIndexRequest', { repository_name: 'r' })
  assert.deepEqual(decodeRepositoryIndexRequest(asked), { repository: 'r', readyOnly: false })
  const models = [
    { name: 'a', version: '1', state: 'READY', reason: '' },
    { name: 'b', version: '2', state: 'UNAVAILABLE', reason: 'unloaded' },
  ]
  const [ready, unavailable] = models
  assert.deepEqual(decodePeer('RepositoryIndexResponse', encodeRepositoryIndex(models)), {
    models: [{ name: 'a', version: '1', state: ready?.state }, unavailable],
  })
})

test('golden bytes: a model is loaded and unloaded by a Triton client', () => {
  const load = '12016d1a0e0a06636f6e66696712041a027b7d1a190a1166696c653a312f6d6f64656c2e6f6e6e781204220200ff'
  assert.deepEqual(decodeRepositoryModelRequest(Buffer.from(load, 'hex')), {
    repository: '',
    modelName: 'm',
    parameters: { config: '{}', 'file:1/model.onnx': Buffer.from([0, 255]) },
  })
  const unload = '12016d1a170a11756e6c6f61645f646570656e64656e747312020801'
  assert.deepEqual(decodeRepositoryModelRequest(Buffer.from(unload, 'hex')), {
    repository: '',
    modelName: 'm',
    parameters: { unload_dependents: true },
  })
  for (const message of ['RepositoryModelLoadResponse', 'RepositoryModelUnloadResponse']) {
    assert.deepEqual(decodePeer(message, repositoryModelReply), {})
  }
})

test('a model is loaded with any kind of parameter, and not with thousands', () => {
  const parameters = { a: { int64_param: '-7' }, b: { int64_param: '9007199254740993' }, c: {} }
  const bytes = encodePeer('RepositoryModelLoadRequest', { repository_name: 'r', model_name: 'm', parameters })
  assert.deepEqual(decodeRepositoryModelRequest(bytes), {
    repository: 'r',
    modelName: 'm',
    parameters: { a: -7, b: 9_007_199_254_740_993n },
  })
  const many = Buffer.alloc(9 * 1_025, '1a070a016112020801', 'hex')
  assert.throws(() => decodeRepositoryModelRequest(many), InferenceError)
})

test('arbitrary bytes never do worse than a MalformedMessage', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const decode of [decodeModelReference, decodeRepositoryIndexRequest, decodeRepositoryModelRequest]) {
        try {
          decode(Buffer.from(bytes))
        } catch (error) {
          assert.ok(error instanceof MalformedMessage, String(error))
        }
      }
    }),
  )
})
