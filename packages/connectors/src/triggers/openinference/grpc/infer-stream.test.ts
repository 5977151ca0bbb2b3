import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { InferenceError, type Tensor } from '@pelton/protocols/inference'
import { FakeClock, waitUntil, within } from '@pelton/testkit'
import { answerTo } from '../fixtures/fake-inference.ts'
import type { OpenInference, Wire } from '../fixtures/inference-client.ts'
import { serveInference } from '../fixtures/serve-inference.ts'

const request = {
  model_name: 'adder',
  id: 'a',
  inputs: [{ name: 'x', datatype: 'INT32', shape: ['1'], contents: { int_contents: [7] } }],
}
const rawRequest = {
  ...request,
  inputs: [{ name: 'x', datatype: 'INT32', shape: ['1'] }],
  raw_input_contents: [Buffer.from([7, 0, 0, 0])],
}
const count = (value: number): Tensor => ({ name: 'n', datatype: 'INT32', shape: [1], data: Int32Array.of(value) })

/** The numbers that the answers hold. */
function numbersOf(stream: OpenInference): unknown[] {
  return stream.replies.map((reply) => {
    const { outputs = [] } = reply['infer_response'] as { outputs?: { contents: { int_contents: number[] } }[] }
    return outputs[0]?.contents.int_contents[0]
  })
}

/** Whether a number is what it was when it was last looked at. */
function stillness(look: () => number): () => boolean {
  let before = -1
  return () => {
    const now = look()
    const isStill = now === before
    before = now
    return isStill
  }
}

test('a request is answered by all that the handler yields, and the stream goes on', async (t) => {
  const { client, inference } = await serveInference(t)
  inference.answers = async function* (asked) {
    for (let value = 0; value < 3; value += 1) yield answerTo(asked, [count(value)])
  }
  const stream = client.stream()
  stream.send(request)
  await waitUntil('three answers', () => stream.replies.length === 3)
  stream.send({ ...request, id: 'b' })
  stream.end()
  assert.equal((await stream.ended).code, 0)
  assert.deepEqual(numbersOf(stream), [0, 1, 2, 0, 1, 2])
  const ids = stream.replies.map((reply) => (reply['infer_response'] as Wire)['id'])
  assert.deepEqual(ids, ['a', 'a', 'a', 'b', 'b', 'b'])
})

test('requests are answered one after the other, in the order in which they came', async (t) => {
  const { client, inference } = await serveInference(t)
  let running = 0
  let most = 0
  inference.answers = async function* (asked) {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running -= 1
    yield answerTo(asked, [count(Number(asked.id))])
  }
  const stream = client.stream()
  for (let id = 0; id < 200; id += 1) stream.send({ ...request, id: String(id) })
  stream.end()
  assert.equal((await stream.ended).code, 0)
  assert.deepEqual(
    numbersOf(stream),
    Array.from({ length: 200 }, (_, id) => id),
  )
  assert.equal(most, 1)
})

test('a request that fails is answered by its error and id, and the next one is served', async (t) => {
  const { client, inference } = await serveInference(t)
  inference.answers = async function* (asked) {
    yield answerTo(asked, [count(1)])
    if (asked.id === 'a') throw new InferenceError(500, 'the handler gave up')
  }
  const stream = client.stream()
  stream.send(request)
  stream.send({ ...request, id: 'wrong', inputs: [{ ...request.inputs[0], shape: ['2'] }] })
  stream.send({ ...request, id: 'b' })
  stream.end()
  assert.equal((await stream.ended).code, 0)
  const told = stream.replies.map((reply) => [(reply['infer_response'] as Wire)['id'], reply['error_message'] ?? ''])
  assert.deepEqual(told.slice(0, 2), [
    ['a', ''],
    ['a', 'the handler gave up'],
  ])
  assert.equal(told[2]?.[0], 'wrong')
  assert.match(String(told[2]?.[1]), /tensor "x"/)
  assert.deepEqual(told.slice(3), [['b', '']])
})

test('a client that asks for it is told which answer is the last one', async (t) => {
  const { client, inference } = await serveInference(t)
  inference.answers = async function* (asked) {
    yield answerTo(asked, [count(1)])
    yield answerTo(asked, [count(2)])
  }
  const stream = client.stream()
  stream.send({ ...request, parameters: { triton_enable_empty_final_response: { bool_param: true } } })
  stream.end()
  await stream.ended
  assert.deepEqual(numbersOf(stream), [1, 2, undefined])
  const marks = stream.replies.map((reply) => {
    const { parameters } = reply['infer_response'] as { parameters: Record<string, Wire> }
    return parameters['triton_final_response']?.['bool_param']
  })
  assert.deepEqual(marks, [false, false, true])
})

test('a raw request has raw answers', async (t) => {
  const { client } = await serveInference(t)
  const stream = client.stream()
  stream.send(rawRequest)
  stream.end()
  await stream.ended
  assert.deepEqual((stream.replies[0]!['infer_response'] as Wire)['raw_output_contents'], rawRequest.raw_input_contents)
})

test('a stream may be opened long before it is used', async (t) => {
  const { client, server } = await serveInference(t)
  const stream = client.stream()
  await waitUntil('the call', () => server.calls === 1)
  // A call that the time for the first message counts for is begun after it, and ended by it.
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  assert.equal((await client.idle(path)).code, 4)
  stream.send(request)
  stream.end()
  assert.equal((await stream.ended).code, 0)
  assert.equal(stream.replies.length, 1)
})

test('bytes that are no message end the stream with INVALID_ARGUMENT', async (t) => {
  const { client, faults } = await serveInference(t)
  const stream = client.stream()
  stream.sendBytes(Buffer.from('2aff', 'hex'))
  assert.equal((await stream.ended).code, 3)
  assert.deepEqual(faults, [])
})

test('a fault of ours ends the stream with INTERNAL without a word, and is told', async (t) => {
  const { client, inference, faults } = await serveInference(t)
  // oxlint-disable-next-line require-yield
  inference.answers = async function* () {
    throw new TypeError('secret')
  }
  const stream = client.stream()
  stream.send(request)
  assert.deepEqual(await stream.ended, { code: 13, details: '' })
  assert.deepEqual(faults.map(String), ['TypeError: secret'])
})

test('an answer that is too large is an error of its request', async (t) => {
  const { client, inference } = await serveInference(t, { maxMessageBytes: 1000 })
  inference.answers = async function* (asked) {
    if (asked.id === 'a') yield answerTo(asked, [{ ...count(0), shape: [250], data: new Int32Array(250).fill(-1) }])
    else yield answerTo(asked, [count(5)])
  }
  const stream = client.stream()
  stream.send(request)
  stream.send({ ...request, id: 'b' })
  stream.end()
  await stream.ended
  assert.match(String(stream.replies[0]?.['error_message']), /more than 1000/)
  assert.deepEqual(numbersOf(stream), [undefined, 5])
})

test('a client that leaves aborts the signal and closes the handler, though requests wait', async (t) => {
  const { client, inference } = await serveInference(t)
  let isClosed = false
  inference.answers = async function* (asked, { signal }) {
    try {
      yield answerTo(asked, [count(1)])
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      yield answerTo(asked, [count(2)])
    } finally {
      isClosed = true
    }
  }
  const stream = client.stream()
  for (let id = 0; id < 2000; id += 1) stream.send({ ...request, id: String(id) })
  await waitUntil('an answer', () => stream.replies.length === 1)
  stream.cancel()
  await waitUntil('the end of the handler', () => isClosed)
  assert.equal(inference.asked.length, 1)
})

test('a handler that does not look at its signal is closed at its next answer', async (t) => {
  const { client, inference } = await serveInference(t)
  let isClosed = false
  inference.answers = async function* (asked) {
    try {
      for (;;) {
        await new Promise(setImmediate)
        yield answerTo(asked, [count(1)])
      }
    } finally {
      isClosed = true
    }
  }
  const stream = client.stream()
  stream.send(request)
  await waitUntil('an answer', () => stream.replies.length > 0)
  stream.cancel()
  await waitUntil('the end of the handler', () => isClosed)
})

test('no more requests are read than the handler takes', async (t) => {
  const { client, inference } = await serveInference(t)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  inference.answers = async function* (asked) {
    await released
    yield answerTo(asked, [])
  }
  const stream = client.stream()
  const contents = Buffer.alloc(500_000)
  const large = { ...request, inputs: [{ name: 'x', datatype: 'UINT8', shape: ['500000'] }] }
  for (let id = 0; id < 100; id += 1) stream.send({ ...large, raw_input_contents: [contents] })
  const isStill = stillness(() => stream.waiting)
  await waitUntil('a standstill', isStill, { everyMs: 100 })
  assert.ok(stream.waiting > 50, `${stream.waiting} wait`)
  release()
  stream.end()
  assert.equal((await within('the end', stream.ended, 20_000)).code, 0)
  assert.equal(stream.replies.length, 100)
})

for (const leaves of [false, true]) {
  const end = leaves ? 'and is closed when that one leaves' : 'and goes on when that one does'
  test(`a handler yields no faster than the client takes, ${end}`, async (t) => {
    const { client, inference } = await serveInference(t)
    let yielded = 0
    let isClosed = false
    inference.answers = async function* (asked) {
      const large: Tensor = { name: 'y', datatype: 'UINT8', shape: [500_000], data: new Uint8Array(500_000) }
      try {
        for (; yielded < 200; yielded += 1) yield answerTo(asked, [large])
      } finally {
        isClosed = true
      }
    }
    const stream = client.stream()
    stream.pause()
    stream.send(rawRequest)
    await waitUntil('an answer', () => yielded > 0)
    const isStill = stillness(() => yielded)
    await waitUntil('a standstill', isStill, { everyMs: 200 })
    assert.ok(yielded < 100, `${yielded} answers`)
    if (leaves) stream.cancel()
    else stream.resume()
    stream.end()
    assert.equal((await within('the end', stream.ended, 20_000)).code, leaves ? 1 : 0)
    await waitUntil('the end of the handler', () => isClosed)
    if (!leaves) assert.equal(stream.replies.length, 200)
  })
}

test('a client that takes nothing of its answers for a minute is given up, and the handler closed', async (t) => {
  const clock = new FakeClock()
  const { client, inference, server } = await serveInference(t, { clock })
  let yielded = 0
  let isClosed = false
  inference.answers = async function* (asked) {
    const large: Tensor = { name: 'y', datatype: 'UINT8', shape: [500_000], data: new Uint8Array(500_000) }
    try {
      for (;;) {
        yielded += 1
        yield answerTo(asked, [large])
      }
    } finally {
      isClosed = true
    }
  }
  const stream = client.stream()
  stream.pause()
  stream.send(rawRequest)
  await waitUntil('an answer', () => yielded > 0)
  const isStill = stillness(() => yielded)
  await waitUntil('a standstill', isStill, { everyMs: 200 })
  await clock.advance(59_999)
  assert.equal(isClosed, false)
  await clock.advance(1)
  // It took some when the wait began: that is not nothing.
  await clock.advance(60_000)
  await waitUntil('the end of the handler', () => isClosed)
  // What lies before it is not taken, so no status can arrive.
  await waitUntil('the end of the call', () => server.calls === 0)
})

test('when the server stops, idle streams end and those at work answer what came before', async (t) => {
  const { client, inference, server, stop } = await serveInference(t)
  let goOn = (): void => undefined
  inference.answers = async function* (asked) {
    await new Promise<void>((resolve) => (goOn = resolve))
    yield answerTo(asked, [count(1)])
  }
  const idle = client.stream()
  const busy = client.stream()
  busy.send(request)
  await waitUntil('both', () => inference.asked.length === 1 && server.calls === 2)
  stop()
  assert.equal((await within('the idle one', idle.ended)).code, 14)
  goOn()
  assert.equal((await within('the busy one', busy.ended)).code, 14)
  assert.equal(busy.replies.length, 1)
  assert.equal((await client.stream().ended).code, 14)
})
