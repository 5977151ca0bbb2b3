import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, test } from 'node:test'
import { systemClock } from '@pelton/core'
import { InferenceError, type Tensor } from '@pelton/protocols/inference'
import { waitUntil } from '@pelton/testkit'
import { FakeInference, answerTo } from '../fixtures/fake-inference.ts'
import type { Wire } from '../fixtures/inference-client.ts'
import { serveInference } from '../fixtures/serve-inference.ts'
import { createInferenceService } from './grpc-service.ts'

const typed = { name: 'x', datatype: 'INT64', shape: ['2'], contents: { int64_contents: ['9007199254740993', '-1'] } }
const request = { model_name: 'adder', model_version: '2', id: 'a1', inputs: [typed] }
const floats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)
const raw = {
  model_name: 'adder',
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['4'] }],
  raw_input_contents: [floats],
}

describe('server and models', () => {
  test('it is live, and as ready as its workers', async (t) => {
    const { client, inference } = await serveInference(t)
    assert.deepEqual(await client.call('ServerLive'), { live: true })
    assert.deepEqual(await client.call('ServerReady'), { ready: true })
    inference.isReady = false
    assert.deepEqual(await client.call('ServerLive'), { live: true })
    assert.deepEqual(await client.call('ServerReady'), {})
  })

  test('a model is ready by its name and version, and never an error', async (t) => {
    const { client, inference } = await serveInference(t)
    const isReady = async (name: string, version = ''): Promise<boolean> =>
      (await client.call('ModelReady', { name, version }))['ready'] === true
    assert.deepEqual(
      [await isReady('adder'), await isReady('adder', '2'), await isReady('adder', '1'), await isReady('other')],
      [true, true, false, false],
    )
    assert.equal(await isReady(''), false)
    inference.isReady = false
    assert.equal(await isReady('adder'), false)
  })

  test('the server tells its name, version and extensions', async (t) => {
    const { client } = await serveInference(t)
    assert.deepEqual(await client.call('ServerMetadata'), {
      name: 'pelton',
      version: '1.2.3',
      extensions: ['binary_tensor_data', 'model_repository'],
    })
  })

  test('a model tells what it takes and gives, with and without a version', async (t) => {
    const { client } = await serveInference(t)
    const metadata = {
      name: 'adder',
      versions: ['2'],
      platform: 'pelton_nodejs',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '4'] }],
      outputs: [{ name: 'sum', datatype: 'INT64' }],
    }
    assert.deepEqual(await client.call('ModelMetadata', { name: 'adder' }), metadata)
    assert.deepEqual(await client.call('ModelMetadata', { name: 'adder', version: '2' }), metadata)
  })

  test("Triton's clients read the configuration of a model", async (t) => {
    const { client } = await serveInference(t)
    assert.deepEqual(await client.call('ModelConfig', { name: 'adder' }), {
      config: {
        name: 'adder',
        platform: 'pelton_nodejs',
        input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['-1', '4'] }],
        output: [{ name: 'sum', data_type: 'TYPE_INT64' }],
      },
    })
  })

  for (const method of ['ModelMetadata', 'ModelConfig']) {
    test(`${method} of a name or version that there is not is NOT_FOUND`, async (t) => {
      const { client } = await serveInference(t)
      await assert.rejects(client.call(method, { name: 'other' }), { code: 5, details: /other/ })
      await assert.rejects(client.call(method, { name: 'adder', version: '9' }), { code: 5, details: /9/ })
      await assert.rejects(client.callBytes(method, Buffer.from('0aff', 'hex')), { code: 3 })
    })
  }

  test('the repository lists the models with their state', async (t) => {
    const { client, inference } = await serveInference(t)
    const line = { name: 'adder', version: '2' }
    assert.deepEqual(await client.call('RepositoryIndex'), { models: [{ ...line, state: 'READY' }] })
    assert.deepEqual(await client.call('RepositoryIndex', { ready: true }), { models: [{ ...line, state: 'READY' }] })
    await assert.rejects(client.call('RepositoryIndex', { repository_name: 'x' }), { code: 5, details: /"x"/ })
    inference.isReady = false
    const { models } = await client.call('RepositoryIndex')
    assert.deepEqual(models, [{ ...line, state: 'UNAVAILABLE', reason: 'the workers are not ready' }])
    assert.deepEqual(await client.call('RepositoryIndex', { ready: true }), {})
  })
})

describe('ModelInfer', () => {
  test('a request in typed contents is answered in them, to the last digit', async (t) => {
    const { client, inference } = await serveInference(t)
    assert.deepEqual(await client.call('ModelInfer', request), {
      model_name: 'adder',
      model_version: '2',
      id: 'a1',
      outputs: [typed],
    })
    const [asked] = inference.asked
    assert.equal(asked?.call.protocol, 'grpc')
    assert.deepEqual(asked?.request.inputs[0]?.data, BigInt64Array.of(9007199254740993n, -1n))
  })

  test('a request in raw contents is answered in them', async (t) => {
    const { client } = await serveInference(t)
    assert.deepEqual(await client.call('ModelInfer', raw), {
      model_name: 'adder',
      model_version: '2',
      outputs: raw.inputs,
      raw_output_contents: [floats],
    })
  })

  test('the metadata of the call are its headers', async (t) => {
    const { client, inference } = await serveInference(t)
    await client.call('ModelInfer', request, {}, { 'x-tenant': 'blue' })
    const { headers } = inference.asked[0]!.call
    assert.equal(headers['x-tenant'], 'blue')
  })

  const statuses = { 400: 3, 404: 5, 503: 14, 504: 4, 500: 13, 422: 13 }
  for (const [status, code] of Object.entries(statuses)) {
    test(`status ${status} is code ${code}, with its message`, async (t) => {
      const { client, inference, faults } = await serveInference(t)
      // oxlint-disable-next-line require-yield
      inference.answers = async function* () {
        throw new InferenceError(Number(status), 'why – not')
      }
      await assert.rejects(client.call('ModelInfer', request), { code, details: 'why – not' })
      assert.deepEqual(faults, [])
    })
  }

  const refused: Record<string, Wire> = {
    'raw and typed contents': { ...request, raw_input_contents: [floats] },
    'half a raw number': { ...raw, raw_input_contents: [floats.subarray(1)] },
    'a wrong count': { ...request, inputs: [{ ...typed, shape: ['3'] }] },
    'an unknown datatype': { ...request, inputs: [{ ...typed, datatype: 'FP8' }] },
    'a size below 0': { ...request, inputs: [{ ...typed, shape: ['-2'] }] },
  }
  for (const [what, wire] of Object.entries(refused)) {
    test(`${what}: INVALID_ARGUMENT that names the tensor, and nobody is asked`, async (t) => {
      const { client, inference } = await serveInference(t)
      await assert.rejects(client.call('ModelInfer', wire), { code: 3, details: /"x"/ })
      assert.deepEqual(inference.asked, [])
    })
  }

  test('bytes that are no message are INVALID_ARGUMENT', async (t) => {
    const { client, faults } = await serveInference(t)
    await assert.rejects(client.callBytes('ModelInfer', Buffer.from('2aff', 'hex')), { code: 3 })
    assert.deepEqual(faults, [])
  })

  test('a request, or an answer, of more bytes than allowed is RESOURCE_EXHAUSTED', async (t) => {
    const { client, inference } = await serveInference(t, { maxMessageBytes: 1000 })
    const large = { ...raw, inputs: [{ ...raw.inputs[0], shape: ['250'] }], raw_input_contents: [Buffer.alloc(1000)] }
    await assert.rejects(client.call('ModelInfer', large), { code: 8 })
    assert.deepEqual(inference.asked, [])
    inference.answers = async function* (asked) {
      const output: Tensor = { name: 'y', datatype: 'UINT8', shape: [1000], data: new Uint8Array(1000) }
      yield answerTo(asked, [output])
    }
    await assert.rejects(client.call('ModelInfer', raw), { code: 8, details: /more than 1000/ })
  })

  test('a fault of ours is INTERNAL without a word, and told', async (t) => {
    const { client, inference, faults } = await serveInference(t)
    // oxlint-disable-next-line require-yield
    inference.answers = async function* () {
      throw new TypeError('secret')
    }
    await assert.rejects(client.call('ModelInfer', request), { code: 13, details: '' })
    assert.deepEqual(faults.map(String), ['TypeError: secret'])
  })

  test('a client that leaves aborts the signal', async (t) => {
    const { client, inference } = await serveInference(t)
    let isAborted = false
    // oxlint-disable-next-line require-yield
    inference.answers = async function* (_request, { signal }) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      isAborted = true
      throw new InferenceError(500, 'left')
    }
    const leave = client.begin('ModelInfer', request)
    await waitUntil('the request', () => inference.asked.length === 1)
    leave()
    await waitUntil('the abort', () => isAborted)
  })

  test('a deadline that is over is DEADLINE_EXCEEDED', async (t) => {
    const { client, inference } = await serveInference(t)
    // oxlint-disable-next-line require-yield
    inference.answers = async function* (_request, { signal }) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      throw new InferenceError(504, 'too late')
    }
    await assert.rejects(client.call('ModelInfer', request, { deadline: Date.now() + 50 }), { code: 4 })
  })
})

describe('changing models', () => {
  const change = { model_name: 'adder', parameters: { unload_dependents: { bool_param: true } } }
  const asked = { unload_dependents: true }

  for (const [method, kind] of [
    ['RepositoryModelLoad', 'load'],
    ['RepositoryModelUnload', 'unload'],
  ] as const) {
    test(`${method} is answered when it is done`, async (t) => {
      const { client, inference } = await serveInference(t)
      assert.deepEqual(await client.call(method, change), {})
      assert.deepEqual(inference.changes, [[kind, 'adder', asked]])
    })

    test(`${method} fails with the reason`, async (t) => {
      const { client, inference, faults } = await serveInference(t)
      for (const [status, code] of [
        [400, 3],
        [403, 13],
        [404, 5],
      ] as const) {
        inference.onChange = () => Promise.reject(new InferenceError(status, 'why not'))
        await assert.rejects(client.call(method, change), { code, details: 'why not' })
      }
      await assert.rejects(client.call(method, { ...change, repository_name: 'x' }), { code: 5, details: /"x"/ })
      await assert.rejects(client.callBytes(method, Buffer.from('0aff', 'hex')), { code: 3 })
      assert.deepEqual(faults, [])
    })
  }

  test('a model that is not loaded is not there, except in the index', async (t) => {
    const { client, inference } = await serveInference(t)
    inference.models.leave('adder', { state: 'LOADING', reason: '' })
    const line = { name: 'adder', version: '2' }
    assert.deepEqual(await client.call('RepositoryIndex'), { models: [{ ...line, state: 'LOADING' }] })
    assert.deepEqual(await client.call('RepositoryIndex', { ready: true }), {})
    assert.deepEqual(await client.call('ModelReady', { name: 'adder' }), {})
    for (const method of ['ModelMetadata', 'ModelConfig', 'ModelStatistics']) {
      await assert.rejects(client.call(method, { name: 'adder' }), { code: 5, details: /is not loaded/ }, method)
    }
    assert.deepEqual(await client.call('ModelStatistics'), {})
    inference.models.bringBack('adder')
    assert.deepEqual(await client.call('ModelReady', { name: 'adder' }), { ready: true })
  })
})

describe('ModelStatistics', () => {
  test('it tells of one model, or of all', async (t) => {
    const { client, inference } = await serveInference(t)
    const { counts } = inference.models.find('adder', '')
    const running = counts.begin(10, 1)
    running.sentAt = 12
    counts.succeed(running, { now: 15, wall: 1000 }, undefined)
    counts.fail(counts.begin(20, 1), 21, 'BACKEND')
    const compute = {
      compute_input: { count: '1' },
      compute_infer: { count: '1', ns: '3000000' },
      compute_output: { count: '1' },
    }
    const statistics = {
      name: 'adder',
      version: '2',
      last_inference: '1000',
      inference_count: '1',
      execution_count: '1',
      inference_stats: {
        success: { count: '1', ns: '5000000' },
        fail: { count: '1', ns: '1000000' },
        queue: { count: '1', ns: '2000000' },
        ...compute,
      },
      batch_stats: [{ batch_size: '1', ...compute }],
    }
    for (const request of [{}, { name: 'adder' }, { name: 'adder', version: '2' }]) {
      assert.deepEqual(await client.call('ModelStatistics', request), { model_stats: [statistics] })
    }
  })

  test('of a model that there is not it is NOT_FOUND', async (t) => {
    const { client } = await serveInference(t)
    await assert.rejects(client.call('ModelStatistics', { name: 'other' }), { code: 5, details: /other/ })
    await assert.rejects(client.call('ModelStatistics', { name: 'adder', version: '9' }), { code: 5, details: /9/ })
    await assert.rejects(client.callBytes('ModelStatistics', Buffer.from('0aff', 'hex')), { code: 3 })
  })
})

test('no method of the protocol is UNIMPLEMENTED', async (t) => {
  const { client } = await serveInference(t)
  const service = createInferenceService(new FakeInference(), {
    maxMessageBytes: 1000,
    stop: new AbortController().signal,
    clock: systemClock,
    onFault: () => undefined,
  })
  assert.deepEqual(Object.keys(service.methods).sort(), client.methods.toSorted())
})

test('of a model that is not there nobody is told what its inputs lack', async (t) => {
  const { client, inference } = await serveInference(t)
  const wrong = { ...request, model_name: 'other', inputs: [{ ...typed, shape: ['3'] }] }
  await assert.rejects(client.call('ModelInfer', wrong), { code: 5, details: /other/ })
  const stream = client.stream()
  stream.send(wrong)
  stream.end()
  await stream.ended
  assert.match(String(stream.replies[0]?.['error_message']), /unknown model "other"/)
  assert.equal(inference.refused, 2)
})

test('a request for inference that cannot be read is counted', async (t) => {
  const { client, inference } = await serveInference(t)
  await assert.rejects(client.callBytes('ModelInfer', Buffer.from('2aff', 'hex')), { code: 3 })
  assert.equal(inference.refused, 1)
  const stream = client.stream()
  stream.send({ ...request, inputs: [{ ...typed, shape: ['3'] }] })
  stream.end()
  await stream.ended
  assert.equal(inference.refused, 2)
})
