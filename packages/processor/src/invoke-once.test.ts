import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createConfig, createPlatform, createTriggerConfig, emptyCatalogue } from './fixtures/fake-function.ts'
import { type FakeRuntime, createEvent, createFakeRuntime } from './fixtures/fake-runtime.ts'
import { invokeOnce } from './invoke-once.ts'

async function invoke(batches: boolean[]): Promise<FakeRuntime> {
  const runtime = createFakeRuntime({ answers: true })
  const triggers = batches.map((takesBatches, i) =>
    createTriggerConfig(
      `t${i}`,
      { run: () => Promise.resolve() },
      takesBatches ? { batch: { size: 10, timeoutMs: 60_000 } } : {},
    ),
  )
  const invocation = await invokeOnce(
    {
      config: createConfig(runtime, triggers),
      platform: createPlatform(),
      catalogue: emptyCatalogue,
      writeLog: () => undefined,
      logLevel: 'info',
      kubernetes: false,
    },
    createEvent('hello'),
  )
  const { outcome } = invocation
  assert.equal(outcome.status === 'handled' && String(outcome.response.body), 'hello')
  await invocation.close()
  return runtime
}

describe('one invocation', () => {
  it('gives the handler a single event, or a batch of one where all its triggers batch', async () => {
    for (const [batches, given] of [
      [[], 0],
      [[true, false], 0],
      [[true, true], 1],
    ] as const) {
      const [worker] = (await invoke([...batches])).workers
      assert.equal(worker?.spec.batchSize, given === 1 ? 1 : undefined)
      assert.equal(worker?.batches.length, given)
      assert.notEqual(worker?.stoppedWithin, undefined)
    }
  })
})
