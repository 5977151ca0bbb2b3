import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { type Bytes, type ModelFacts, PeltonError } from '@pelton/core'
import { type InferRequest, readInferRequest } from '@pelton/protocols/inference'
import { type FakeDispatch, FakeClock, FakeTriggerContext, handled, triggerSettings } from '@pelton/testkit'
import manifest from '../index.ts'
import { Inference, type InferCall } from '../inference.ts'
import type { ModelCounts } from './model-counts.ts'
import { Models } from '../models/models.ts'
import { Repository } from '../models/repository.ts'
import { configuredModels, workersModels } from '../models/served-model.ts'

const call: InferCall = { signal: new AbortController().signal, protocol: 'rest', headers: {} }
const x = { name: 'x', datatype: 'FP32', shape: [3, 2], data: new Float32Array(6) } as const
const request: InferRequest = { modelName: 'm', modelVersion: '', id: '7', parameters: {}, inputs: [x] }
const answer = (modelName?: string): string => {
  const outputs = [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }]
  return JSON.stringify(modelName === undefined ? { outputs } : { model_name: modelName, outputs })
}
const det: ModelFacts = {
  name: 'det',
  version: '1',
  platform: 'onnx_onnxruntime',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 5] }],
  maxBatchSize: 8,
}

interface Made {
  inference: Inference
  context: FakeTriggerContext
  clock: FakeClock
  counts(): ModelCounts
}

/** Of a handler for the model m, or of workers that run `det` under this name. */
function create(dispatch: (clock: FakeClock) => FakeDispatch, own?: ModelFacts): Made {
  const clock = new FakeClock()
  const context = new FakeTriggerContext({ dispatch: dispatch(clock), clock })
  if (own) context.workers.models = [own]
  const settings = triggerSettings(manifest, { attributes: { model_name: 'm' } })
  const entry = { model_name: 'm', model_version: '1', input_tensors: [], output_tensors: [] }
  const described = own ? workersModels([own], settings.attributes) : configuredModels([entry], 'pelton_nodejs')
  const models = new Models(() => described)
  const { workers, logger } = context
  const repository = new Repository({ models, workers, clock, logger, folder: '/f', isAllowed: true })
  const inference = new Inference({ models, repository, settings, context })
  return { inference, context, clock, counts: () => models.known()[0]!.counts }
}

/** Waits 4 ms for a worker, which then takes 6 ms. */
const answering =
  (outcome: ReturnType<FakeDispatch>) =>
  (clock: FakeClock): FakeDispatch =>
  async (_event, { times }) => {
    await clock.advance(4)
    if (times) times.sentAt = clock.now()
    await clock.advance(6)
    return outcome
  }

const failing = (code: string, status: number): ReturnType<FakeDispatch> => ({
  status: 'failed',
  error: new PeltonError(code, 'why', { blame: 'user', retryable: false, help: '', status }),
})

test('a success is counted with its times, from arrival to worker to answer', async () => {
  const { inference, counts, context, clock } = create(answering(handled({ body: answer() })))
  await inference.infer(request, call)
  const { successes, successMs, queueMs, inferMs, rows, runs, lastAt } = counts()
  assert.deepEqual([successes, successMs, queueMs, inferMs, rows, runs], [1, 10, 4, 6, 1, 1])
  assert.equal(lastAt, clock.wall())
  assert.deepEqual(context.counts, [])
})

test('of a model that takes batches the rows are those of the request, and its worker tells of the run', async () => {
  const run = { queueUs: 1000, inputUs: 100, inferUs: 3000, outputUs: 200, rows: 5, isFirst: true }
  const { inference, counts } = create(answering(handled({ body: answer(), extra: { openinference: { run } } })), det)
  await inference.infer(request, call)
  const { queueMs, inputMs, inferMs, outputMs, rows, batches } = counts()
  assert.deepEqual([queueMs, inputMs, inferMs, outputMs, rows, [...batches.keys()]], [5, 0.1, 3, 0.2, 3, [5]])
})

test("workers hear their own name of a model, and clients the one that it is served by; its outputs are its file's", async () => {
  const { inference, context } = create(answering(handled({ body: answer('det') })), det)
  const { modelName, modelVersion } = await inference.infer(request, call)
  assert.deepEqual([modelName, modelVersion], ['m', '1'])
  const [event] = context.events
  const headerLength = Number(event?.extra?.['inferHeaderLength'])
  assert.equal(readInferRequest(Buffer.from(event!.body), headerLength).modelName, 'det')
})

test('a failure is counted by its reason, and not as a success', async () => {
  const left = AbortSignal.abort()
  const cases: [ReturnType<FakeDispatch>, Partial<InferCall>, string][] = [
    [failing('no_worker', 503), {}, 'REJECTED'],
    [failing('handler_failed', 500), {}, 'BACKEND'],
    [failing('event_timed_out', 408), {}, 'BACKEND'],
    [handled({ status: 503, body: '{"error":"not now"}' }), {}, 'BACKEND'],
    [handled({ body: 'no answer' }), {}, 'BACKEND'],
    [failing('caller_left', 499), { signal: left }, 'CANCELED'],
  ]
  for (const [outcome, more, reason] of cases) {
    const { inference, counts, context } = create(answering(outcome))
    await assert.rejects(inference.infer(request, { ...call, ...more }))
    const { successes, failures, failureMs } = counts()
    assert.deepEqual([successes, Object.entries(failures).find(([, count]) => count === 1)?.[0]], [0, reason])
    assert.deepEqual([failureMs, context.counts], [10, []])
  }
})

test('what is refused before it is an event is a failure of the trigger, and of the model where there is one', async () => {
  const { inference, counts, context } = create(answering(handled()), det)
  await assert.rejects(inference.infer({ ...request, modelName: 'other' }, call), { status: 404 })
  await assert.rejects(inference.infer({ ...request, outputs: [{ name: 'nothing' }] }, call), { status: 400 })
  assert.deepEqual([counts().failures.OTHER, counts().running], [1, 0])
  assert.deepEqual([context.counts, context.events.length], [['failure', 'failure'], 0])
})

test('a stream is a success once it is read to its end, and canceled when its reader leaves', async () => {
  async function* body(): AsyncGenerator<Bytes> {
    yield Buffer.from(answer())
    yield Buffer.from(answer())
  }
  const { inference, counts } = create(
    (clock) =>
      (...given) =>
        answering(handled({ body: body() }))(clock)(...given),
  )
  for await (const one of inference.inferStream(request, call)) assert.equal(one.outputs.length, 1)
  assert.deepEqual([counts().successes, counts().running], [1, 0])
  for await (const one of inference.inferStream(request, call)) {
    assert.equal(one.id, '7')
    break
  }
  assert.deepEqual([counts().successes, counts().failures.CANCELED, counts().running], [1, 1, 0])
})

test('a request is pending until a worker has it', async () => {
  let sent = (): void => undefined
  let answered = (): void => undefined
  const dispatch: FakeDispatch = async (_event, { times }) => {
    await new Promise<void>((resolve) => (sent = resolve))
    if (times) times.sentAt = 0
    await new Promise<void>((resolve) => (answered = resolve))
    return handled({ body: answer() })
  }
  const { inference, counts } = create(() => dispatch)
  const response = inference.infer(request, call)
  assert.deepEqual([counts().pending, counts().running], [1, 1])
  sent()
  await Promise.resolve()
  assert.deepEqual([counts().pending, counts().running], [0, 1])
  answered()
  await response
  assert.deepEqual([counts().pending, counts().running], [0, 0])
})
