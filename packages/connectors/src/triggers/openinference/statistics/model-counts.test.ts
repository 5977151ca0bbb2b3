import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelCounts } from './model-counts.ts'
import { modelStatistics } from './model-statistics.ts'
import type { ServedModel } from '../models/models.ts'

const run = { queueUs: 1000, inputUs: 2000, inferUs: 3000, outputUs: 4000, rows: 4, isFirst: true }

function statisticsOf(counts: ModelCounts): ReturnType<typeof modelStatistics> {
  return modelStatistics({ name: 'm', version: '1', counts } as ServedModel)
}

test('a request by itself waited until it was sent, and was inference from then on', () => {
  const counts = new ModelCounts()
  const running = counts.begin(100, 1)
  assert.deepEqual([counts.pending, counts.running], [1, 1])
  running.sentAt = 103
  assert.deepEqual([counts.pending, counts.running], [0, 1])
  counts.succeed(running, { now: 110, wall: 5000.5 }, undefined)
  assert.deepEqual([counts.pending, counts.running], [0, 0])
  const { lastInferenceMs, inferenceCount, executionCount, success, queue, computeInfer, computeInput, batches } =
    statisticsOf(counts)
  assert.deepEqual([lastInferenceMs, inferenceCount, executionCount], [5000, 1, 1])
  assert.deepEqual([success.nanoseconds, queue.nanoseconds, computeInfer.nanoseconds], [10e6, 3e6, 7e6])
  assert.deepEqual(computeInput, { count: 1, nanoseconds: 0 })
  assert.deepEqual(
    batches.map(({ batchSize }) => batchSize),
    [1],
  )
})

test('two requests of one run are two requests and one run, of all its rows', () => {
  const counts = new ModelCounts()
  for (const [rows, isFirst] of [
    [1, true],
    [3, false],
  ] as const) {
    const running = counts.begin(0, rows)
    running.sentAt = 1
    counts.succeed(running, { now: 12, wall: 1 }, { ...run, isFirst })
  }
  const { inferenceCount, executionCount, queue, computeInput, computeOutput, batches } = statisticsOf(counts)
  assert.deepEqual([inferenceCount, executionCount], [4, 1])
  assert.deepEqual(queue, { count: 2, nanoseconds: 4e6 })
  assert.deepEqual(
    [computeInput, computeOutput],
    [
      { count: 2, nanoseconds: 4e6 },
      { count: 2, nanoseconds: 8e6 },
    ],
  )
  assert.deepEqual(batches, [
    {
      batchSize: 4,
      computeInput: { count: 1, nanoseconds: 2e6 },
      computeInfer: { count: 1, nanoseconds: 3e6 },
      computeOutput: { count: 1, nanoseconds: 4e6 },
    },
  ])
})

test('failures are counted by why, once', () => {
  const counts = new ModelCounts()
  const running = counts.begin(0, 1)
  counts.fail(running, 5, 'BACKEND')
  counts.fail(running, 9, 'CANCELED')
  counts.succeed(running, { now: 9, wall: 9 }, undefined)
  counts.refuse()
  assert.deepEqual(counts.failures, { REJECTED: 0, CANCELED: 0, BACKEND: 1, OTHER: 1 })
  const { fail, success, inferenceCount } = statisticsOf(counts)
  assert.deepEqual([fail, success.count, inferenceCount], [{ count: 2, nanoseconds: 5e6 }, 0, 0])
})

test('sizes of batches are told apart up to a limit, in their order', () => {
  const counts = new ModelCounts()
  for (let rows = 1000; rows > 0; rows -= 1) {
    counts.succeed(counts.begin(0, rows), { now: 1, wall: 1 }, { ...run, rows })
  }
  const { batches, executionCount } = statisticsOf(counts)
  assert.deepEqual([batches.length, executionCount], [512, 1000])
  assert.deepEqual([batches[0]?.batchSize, batches.at(-1)?.batchSize], [489, 1000])
})
