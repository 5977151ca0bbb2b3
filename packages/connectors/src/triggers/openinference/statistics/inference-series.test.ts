import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inferenceSeries } from './inference-series.ts'
import { ModelCounts } from './model-counts.ts'
import type { ServedModel } from '../models/models.ts'

/** Values of a family by their labels. */
function valuesOf(models: readonly ServedModel[], name: string): [string, number][] {
  const found = inferenceSeries(models).filter((series) => series.name === name)
  assert.equal(found.length, 1, name)
  return (found[0]?.samples ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value])
}

function model(): ServedModel {
  const counts = new ModelCounts()
  const run = { queueUs: 500_000, inputUs: 1e6, inferUs: 2e6, outputUs: 250_000, isFirst: true }
  for (const rows of [3, 4, 5]) {
    const running = counts.begin(0, rows)
    running.sentAt = 500
    counts.succeed(running, { now: 5000, wall: 1 }, { ...run, rows })
  }
  counts.fail(counts.begin(0, 1), 1, 'REJECTED')
  counts.begin(0, 1)
  return { name: 'm', version: '2', counts } as ServedModel
}

test("Triton's series are there by its names, in its units", () => {
  const models = [model()]
  const expected: Record<string, number> = {
    nv_inference_request_success: 3,
    nv_inference_count: 12,
    nv_inference_exec_count: 3,
    nv_inference_request_duration_us: 15e6,
    nv_inference_queue_duration_us: 3e6,
    nv_inference_compute_input_duration_us: 3e6,
    nv_inference_compute_infer_duration_us: 6e6,
    nv_inference_compute_output_duration_us: 750_000,
    nv_inference_pending_request_count: 1,
  }
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(valuesOf(models, name), [['m 2', value]], name)
  assert.deepEqual(valuesOf(models, 'nv_inference_request_failure'), [
    ['m 2 REJECTED', 1],
    ['m 2 CANCELED', 0],
    ['m 2 BACKEND', 0],
    ['m 2 OTHER', 0],
  ])
})

test('the same is there in seconds, as Prometheus names it', () => {
  const models = [model()]
  const expected: Record<string, number> = {
    pelton_inference_rows_total: 12,
    pelton_inference_runs_total: 3,
    pelton_inference_request_seconds_total: 15,
    pelton_inference_queue_seconds_total: 3,
    pelton_inference_compute_input_seconds_total: 3,
    pelton_inference_compute_infer_seconds_total: 6,
    pelton_inference_compute_output_seconds_total: 0.75,
    pelton_inference_pending_requests: 1,
  }
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(valuesOf(models, name), [['m 2', value]], name)
  assert.deepEqual(valuesOf(models, 'pelton_inference_requests_total'), [
    ['m 2 success ', 3],
    ['m 2 failure rejected', 1],
    ['m 2 failure canceled', 0],
    ['m 2 failure backend', 0],
    ['m 2 failure other', 0],
  ])
})

test('sizes of batches are put together by powers of two', () => {
  assert.deepEqual(valuesOf([model()], 'pelton_inference_batches_total'), [
    ['m 2 4', 2],
    ['m 2 8', 1],
  ])
})

test('no family stands twice, whatever models there are', () => {
  const names = inferenceSeries([model(), model()]).map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})
