import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@pelton/core'
import type { Tensor } from '@pelton/protocols/inference'
import { FakeClock } from '@pelton/testkit'
import { RowsLost, rowsProblem, runRequests, type TimedRequest } from './batch-run.ts'

function request(values: readonly number[], outputs?: readonly string[]): TimedRequest {
  const data = Int32Array.from(values)
  return {
    request: { inputs: [{ name: 'x', datatype: 'INT32', shape: [data.length], data }], outputs },
    rows: data.length,
    since: 0,
  }
}

test('a run that begins in the next turn of the loop is measured from there', async () => {
  let now = 5
  const clock = { ...systemClock, now: () => now }
  const run = (inputs: readonly Tensor[]): Promise<readonly Tensor[]> =>
    new Promise((resolve) => {
      setImmediate(() => {
        now += 2
        resolve(inputs)
      })
    })
  // What else that turn does.
  setImmediate(() => (now += 7))
  const [answer] = await runRequests([request([1])], run, clock)
  assert.deepEqual(answer?.run, { queueUs: 12_000, inputUs: 0, inferUs: 2000, outputUs: 0, rows: 1, isFirst: true })
})

test('a single request gets the outputs as they are, several get views', async () => {
  const clock = new FakeClock()
  const data = Int32Array.of(1, 2, 3)
  const outputs: Tensor[] = [{ name: 'y', datatype: 'INT32', shape: [3], data }]
  const asked: (readonly string[] | undefined)[] = []
  const run = async (_: readonly Tensor[], names: readonly string[] | undefined): Promise<readonly Tensor[]> => {
    asked.push(names)
    return outputs
  }
  const [single] = await runRequests([request([5], ['y'])], run, clock)
  assert.equal(single?.outputs, outputs)
  const answers = await runRequests([request([5, 6]), request([7])], run, clock)
  assert.deepEqual(
    answers.map((answer) => answer.outputs[0]?.data),
    [Int32Array.of(1, 2), Int32Array.of(3)],
  )
  assert.equal((answers[1]!.outputs[0]!.data as Int32Array).buffer, data.buffer)
  assert.deepEqual(asked, [['y'], undefined])
})

test('outputs that cannot be told apart are refused, and the reason names the output', async () => {
  const output: Tensor = { name: 'boxes', datatype: 'INT32', shape: [1, 4], data: new Int32Array(4) }
  assert.equal(rowsProblem([output], 1), undefined)
  await assert.rejects(
    runRequests([request([5]), request([7])], async () => [output], new FakeClock()),
    (error) => error instanceof RowsLost && error.message === 'output "boxes" has the shape [1,4] for 2 rows of input',
  )
})
