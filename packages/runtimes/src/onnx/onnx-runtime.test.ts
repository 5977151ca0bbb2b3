import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Worker } from '@pelton/core'
import { busyModel, createTempFolder, linearModel, waitUntil, watchForLeaks, within } from '@pelton/testkit'
import { failed, floats, handled, infer, inferEvent, startModels, writeModels } from './fixtures/onnx-function.ts'

const linear = linearModel(
  [
    [1, 2],
    [3, 4],
  ],
  [10, 20],
)
const busy = busyModel()

const busyEvent = (rounds: number) =>
  inferEvent({ inputs: [{ name: 'rounds', datatype: 'INT64', shape: [], data: BigInt64Array.of(BigInt(rounds)) }] })

/** A second or more of a model that counts. */
const long = 1_000_000

async function runsLong(worker: Worker, rounds = long): Promise<ReturnType<Worker['handle']>> {
  const task = worker.handle(busyEvent(rounds))
  await waitUntil('begun', () => task.begunAt() !== undefined)
  // Once its loop has no turn any more, the model runs.
  await waitUntil('it runs', async () => !(await worker.ping(50)))
  return task
}

test('a model’s file is a worker: it tells what it takes and gives, and answers', async (t) => {
  const { worker, folder, logs } = await startModels(t, { files: { 'linear.onnx': linear }, handler: 'linear.onnx' })
  assert.deepEqual(worker.models, [
    {
      name: 'linear',
      version: '1',
      platform: 'onnx_onnxruntime',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      maxBatchSize: 0,
    },
  ])
  assert.equal(worker.concurrency, 1)
  assert.equal(worker.ahead, 1)
  const { outputs } = await infer(worker, { inputs: [floats('x', [2, 2], [1, 1, 2, 0])] })
  assert.deepEqual(outputs, [floats('y', [2, 2], [14, 26, 12, 24])])
  const [loaded, ...others] = logs
  assert.deepEqual(others, [])
  assert.equal(loaded?.message, 'model_loaded')
  assert.equal(loaded.trigger, 'infer')
  const { loadMs, ...facts } = loaded.facts ?? {}
  assert.ok(Number(loadMs) >= 0)
  assert.deepEqual(facts, {
    model: 'linear',
    version: '1',
    file: `${folder}/linear.onnx`,
    providers: ['cpu'],
    threads: 1,
    inputs: ['x FP32 [-1,2]'],
    outputs: ['y FP32 [-1,2]'],
    maxBatchSize: 0,
  })
})

test('several threads compute a request when that is configured', async (t) => {
  const { worker } = await startModels(t, {
    files: { 'linear.onnx': linear },
    handler: 'linear.onnx',
    attributes: { intraOpThreads: 2, executionProviders: ['CPUExecutionProvider'] },
  })
  const { outputs } = await infer(worker, { inputs: [floats('x', [1, 2], [1, 1])] })
  assert.deepEqual(outputs, [floats('y', [1, 2], [14, 26])])
})

test('a stop waits for the model that runs', async (t) => {
  const { worker } = await startModels(t, { files: { 'busy.onnx': busy }, handler: 'busy.onnx' })
  const task = await runsLong(worker, 200_000)
  await within('stop', worker.stop(20_000), 20_000)
  await handled(task.outcome)
  assert.deepEqual(await worker.ended, {})
})

test('a worker that is ended by force leaves its thread alone until the model has run, and the process lives on', async (t) => {
  const leaks = watchForLeaks()
  const { worker } = await startModels(t, { files: { 'busy.onnx': busy }, handler: 'busy.onnx' })
  const task = await runsLong(worker)
  const behind = worker.handle(busyEvent(1))
  const start = performance.now()
  await worker.stop(20)
  assert.ok(performance.now() - start < 1000)
  assert.equal((await failed(task.outcome)).code, 'worker_lost')
  assert.equal((await failed(behind.outcome)).code, 'worker_lost')
  assert.equal(behind.begunAt(), undefined)
  await leaks(30_000)
})

for (const [which, first] of [
  [' that was left alone still', 'stop'],
  ['', ''],
] as const) {
  test(`the process may end while a thread${which} runs its model; ONNX Runtime tells nobody of it`, async (t) => {
    const folder = await writeModels(t, { 'busy.onnx': busy })
    const program = fileURLToPath(new URL('./fixtures/leave-while-running.ts', import.meta.url))
    const { CI: _ci, ORT_DISABLE_TELEMETRY: _disabled, ...env } = process.env
    const home = await createTempFolder(t)
    const child = spawn(process.execPath, [program, folder, `${50 * long}`, first], {
      env: { ...env, HOME: home, TMPDIR: home },
    })
    t.after(() => child.kill('SIGKILL'))
    const [out, err, [code, signal]] = await within(
      'the end',
      Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]),
      20_000,
    )
    assert.deepEqual(
      { out, err, code: code as number, signal: signal as string },
      { out: 'left\n', err: '', code: 7, signal: null },
    )
    // Where it keeps what it is going to send.
    assert.deepEqual(await readdir(home), [])
  })
}

test('a worker can be started again and again, and leaves no thread behind', async (t) => {
  const folder = await writeModels(t, { 'linear.onnx': linear })
  const leaks = watchForLeaks()
  for (let round = 0; round < 10; round++) {
    const { worker } = await startModels(t, { folder, handler: 'linear.onnx' })
    await infer(worker, { inputs: [floats('x', [1, 2], [round, 1])] })
    await within('stop', worker.stop(2000))
  }
  await leaks()
})

test('a start that is no longer wanted rejects and leaves nothing', async (t) => {
  const folder = await writeModels(t, { 'linear.onnx': linear })
  const leaks = watchForLeaks()
  const options = { folder, handler: 'linear.onnx' }
  await assert.rejects(startModels(t, { ...options, signal: AbortSignal.abort() }), { code: 'worker_start_cancelled' })
  for (const delayMs of [20, 60, 120]) {
    const start = startModels(t, { ...options, signal: AbortSignal.timeout(delayMs) })
    await start
      .then(({ worker }) => worker.stop(1000))
      .catch((error: { code?: string }) => assert.equal(error.code, 'worker_start_cancelled'))
  }
  await leaks(10_000)
})

test('memory is not held by runs that are over', async (t) => {
  const { worker } = await startModels(t, { files: { 'linear.onnx': linear }, handler: 'linear.onnx' })
  // 400 KB in and out each: 2,000 of them would be 1.6 GB.
  const inputs = [{ name: 'x', datatype: 'FP32' as const, shape: [50_000, 2], data: new Float32Array(100_000).fill(1) }]
  const runs = async (count: number): Promise<number> => {
    for (let run = 0; run < count; run++) await handled(worker.handle(inferEvent({ inputs })).outcome)
    return process.memoryUsage.rss()
  }
  const before = await runs(200)
  const after = await runs(1800)
  assert.ok(after - before < 150_000_000, `${before} bytes before, ${after} after`)
})
