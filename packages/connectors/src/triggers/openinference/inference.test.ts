import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { type Bytes, PeltonError } from '@pelton/core'
import type { InferRequest, InferResponse } from '@pelton/protocols/inference'
import type { InferenceEvent } from '@pelton/sdk'
import { type FakeDispatch, FakeTriggerContext, handled, triggerSettings } from '@pelton/testkit'
import { modelEntries } from './config.ts'
import { responseOf } from './handler/handler-response.ts'
import manifest from './index.ts'
import { viewEvent } from './handler/handler-side.ts'
import { Inference, type InferCall } from './inference.ts'
import { Models } from './models/models.ts'
import type { ModelRepository } from './models/repository.ts'
import { configuredModels, workersModels } from './models/served-model.ts'

const call: InferCall = { signal: new AbortController().signal, protocol: 'rest', headers: {} }
const request: InferRequest = {
  modelName: 'm',
  modelVersion: '',
  id: '7',
  parameters: {},
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: new Float32Array([1, 2]) }],
}
const output = (name: string, shape = [2]): object => ({ name, datatype: 'FP32', shape, data: [3, 4] })
const answering =
  (...outputs: object[]): FakeDispatch =>
  () =>
    handled({ body: JSON.stringify({ outputs }) })

function create(
  dispatch: FakeDispatch,
  attributes: Record<string, unknown> = {},
  kubernetes = false,
): { inference: Inference; context: FakeTriggerContext } {
  const context = new FakeTriggerContext({ dispatch })
  const settings = triggerSettings(manifest, { kubernetes, attributes: { model_name: 'm', ...attributes } })
  const configured = configuredModels(modelEntries(settings.attributes), 'pelton_nodejs')
  const models = new Models(() =>
    context.workers.models ? workersModels(context.workers.models, settings.attributes) : configured,
  )
  return { inference: new Inference({ models, repository: noRepository, settings, context }), context }
}

/** No test here changes models. */
const noRepository: ModelRepository = { load: () => Promise.resolve(), unload: () => Promise.resolve() }

async function* chunks(...texts: string[]): AsyncGenerator<Bytes> {
  for (const text of texts) yield Buffer.from(text)
}

test('inputs are held to what is declared', async () => {
  const input_tensors = [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }]
  const { inference, context } = create(answering(output('y')), { input_tensors })
  await assert.rejects(inference.infer(request, call), {
    status: 400,
    message: 'input "x" does not fit: expected FP32 [-1,3], found FP32 [1,2]',
  })
  assert.equal(context.events.length, 0)
  const inputs = [{ ...request.inputs[0]!, shape: [1, 3], data: new Float32Array(3) }]
  assert.equal((await inference.infer({ ...request, inputs }, call)).outputs[0]?.name, 'y')
})

test('an output that is asked for and not declared is refused before the handler runs', async () => {
  const output_tensors = [{ name: 'y', datatype: 'FP32', shape: [2] }]
  const { inference, context } = create(answering(output('y')), { output_tensors })
  await assert.rejects(inference.infer({ ...request, outputs: [{ name: 'z' }] }, call), {
    status: 400,
    message: 'there is no output "z"; there are "y"',
  })
  assert.equal(context.events.length, 0)
})

test('an output that is declared and that the handler leaves out is not the fault of who asked for it', async () => {
  const output_tensors = ['y', 'z'].map((name) => ({ name, datatype: 'FP32', shape: [2] }))
  for (const kubernetes of [false, true]) {
    const { inference } = create(answering(output('y')), { output_tensors }, kubernetes)
    await assert.rejects(inference.infer({ ...request, outputs: [{ name: 'z' }] }, call), {
      status: 500,
      message: 'no inference response: there is no output "z"; there are "y"',
    })
  }
})

test('only the outputs that were asked for are given, in their order', async () => {
  const { inference } = create(answering(output('a'), output('b'), output('c')))
  const { outputs } = await inference.infer({ ...request, outputs: [{ name: 'c' }, { name: 'a' }] }, call)
  assert.deepEqual(
    outputs.map(({ name }) => name),
    ['c', 'a'],
  )
  await assert.rejects(inference.infer({ ...request, outputs: [{ name: 'd' }] }, call), { status: 400 })
})

test('outputs are held to what is declared, except on Kubernetes', async () => {
  const output_tensors = [
    { name: 'y', datatype: 'FP32', shape: [2] },
    { name: 'z', datatype: 'FP32', shape: [1] },
  ]
  const wrong = answering(output('y'), output('z'))
  await assert.rejects(create(wrong, { output_tensors }).inference.infer(request, call), {
    status: 500,
    message: 'output "z" does not fit: expected FP32 [1], found FP32 [2]',
  })
  await create(wrong, { output_tensors }, true).inference.infer(request, call)
  const asked = { ...request, outputs: [{ name: 'y' }] }
  await create(wrong, { output_tensors }).inference.infer(asked, call)
})

test('an error that the handler answers keeps its status and message', async () => {
  const cases: [string | undefined, string][] = [
    ['{"error":"too dark"}', 'too dark'],
    ['too dark\n', 'too dark'],
    ['"too dark"', 'too dark'],
    ['{"outputs":[]}', 'the model answered with status 422'],
    ['x'.repeat(5000), 'the model answered with status 422'],
    [undefined, 'the model answered with status 422'],
  ]
  for (const [body, message] of cases) {
    const { inference } = create(() => handled({ status: 422, ...(body === undefined ? {} : { body }) }))
    await assert.rejects(inference.infer(request, call), { status: 422, message })
  }
})

test('an answer that is none is a 500', async () => {
  for (const body of ['hello', '', '[]', '{"outputs":[{"name":"y"}]}', '{"outputs":1}']) {
    const { inference } = create(() => handled({ body }))
    await assert.rejects(inference.infer(request, call), { status: 500, message: /^no inference response: / }, body)
  }
  await assert.rejects(create(() => handled()).inference.infer(request, call), { status: 500 })
})

test('a failed event has the status of its reason, and its id', async () => {
  const cases: [string, number, number, string][] = [
    ['handler_failed', 500, 500, 'the handler failed'],
    ['no_worker', 503, 503, 'no worker is free'],
    ['event_timed_out', 408, 504, 'the inference took too long'],
    ['upstream_slow', 504, 504, 'the inference took too long'],
    ['worker_lost', 502, 500, 'the inference could not be made'],
  ]
  for (const [code, status, expected, message] of cases) {
    const error = new PeltonError(code, 'the handler failed', { blame: 'user', retryable: false, help: '', status })
    const { inference, context } = create(() => ({ status: 'failed', error }))
    await assert.rejects(inference.infer(request, call), (thrown: Record<string, unknown>) => {
      assert.deepEqual([thrown['status'], thrown['message']], [expected, message])
      assert.equal(thrown['eventId'], context.events[0]?.id)
      return true
    })
  }
})

test('numbers that JSON cannot carry reach the handler as tensors, not as JSON', async () => {
  const { inference, context } = create(answering(output('y')))
  const inputs = [{ ...request.inputs[0]!, data: new Float32Array([1, Number.NaN]) }]
  await inference.infer({ ...request, inputs }, call)
  const event = viewEvent(context.events[0]!)
  const seen = event.extra?.['inputs'] as InferenceEvent['inputs'] | undefined
  assert.deepEqual(seen?.['x']?.data, inputs[0]!.data)
  assert.throws(() => event.body, { message: /NaN/ })
})

test('an answer that is streamed in pieces is put together, within the limit', async () => {
  const streaming = (): FakeDispatch => () =>
    handled({ body: chunks('{"outputs":', JSON.stringify([output('y')]), '}') })
  assert.equal((await create(streaming()).inference.infer(request, call)).outputs[0]?.name, 'y')
  await assert.rejects(create(streaming(), { max_body_bytes: 20 }).inference.infer(request, call), {
    status: 500,
    message: 'the answer has more than 20 bytes',
  })
})

test('a handler that yields gives one answer a piece, as fast as they are taken', async () => {
  const texts = ['a', 'b', 'c'].map((name) => JSON.stringify({ outputs: [output(name)] }))
  let produced = 0
  let wasLeft = false
  async function* body(): AsyncGenerator<Bytes> {
    try {
      for (const text of texts) {
        produced += 1
        yield Buffer.from(text)
      }
    } finally {
      wasLeft = true
    }
  }
  const { inference } = create(() => handled({ body: body() }))
  const names: string[] = []
  for await (const { outputs, id, modelVersion } of inference.inferStream(request, call)) {
    names.push(outputs[0]!.name)
    assert.deepEqual([id, modelVersion, produced], ['7', '1', names.length])
    if (names.length === 2) break
  }
  assert.deepEqual([names, wasLeft], [['a', 'b'], true])
})

test('a yielded response of tensors is an answer, too', async () => {
  async function* body(): AsyncGenerator<Bytes> {
    yield responseOf({ y: Float32Array.of(1, 2) }).body as Bytes
    yield responseOf({ y: ['', '{"}', '\\"'] }).body as Bytes
    yield responseOf({}).body as Bytes
  }
  const { inference } = create(() => handled({ body: body() }))
  const answers: InferResponse[] = []
  for await (const answer of inference.inferStream(request, call)) answers.push(answer)
  assert.deepEqual(
    answers.map(({ outputs }) => outputs.map(({ data }) => [...data].map(String))),
    [[['1', '2']], [['', '123,34,125', '92,34']], []],
  )
})

test('several answers to a call that takes one are an error that says so', async () => {
  const two = (): FakeDispatch => () =>
    handled({ body: chunks(JSON.stringify({ outputs: [output('a')] }), JSON.stringify({ outputs: [output('b')] })) })
  await assert.rejects(create(two()).inference.infer(request, call), {
    status: 500,
    message: /2 pieces, which are one answer only together; ModelStreamInfer takes each for one/,
  })
})

test('a stream that breaks off ends with an error that has the id of the event', async () => {
  async function* body(): AsyncGenerator<Bytes> {
    yield Buffer.from(JSON.stringify({ outputs: [output('a')] }))
    throw new Error('secret')
  }
  const { inference } = create(() => handled({ body: body() }))
  const answers = inference.inferStream(request, call)[Symbol.asyncIterator]()
  assert.equal((await answers.next()).done, false)
  await assert.rejects(answers.next(), { status: 500, message: 'the inference broke off' })
})

test('a parameter beyond 2^53 is a field in text, and one named __proto__ is a field', async () => {
  const { inference, context } = create(answering(output('y')))
  const parameters = Object.fromEntries([
    ['n', 9_007_199_254_740_993n],
    ['__proto__', 'p'],
  ])
  await inference.infer({ ...request, parameters }, call)
  const fields = context.events[0]!.fields
  assert.deepEqual(Object.entries(fields), [
    ['n', '9007199254740993'],
    ['__proto__', 'p'],
  ])
})

test('the caller who leaves is told to the handler', async () => {
  const { inference, context } = create(answering(output('y')))
  await inference.infer(request, call)
  assert.equal(context.options[0]?.signal, call.signal)
})
