import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetricsRegion } from './metrics-region.ts'
import { renderMetrics } from './prometheus.ts'
import { TriggerMetrics } from './trigger-metrics.ts'

describe('trigger metrics', () => {
  it('sum what the main thread and the workers count', () => {
    const metrics = new TriggerMetrics()
    metrics.own.add('handledFailure')
    metrics.worker(0).add('handledSuccess', 2)
    // A worker writes the same memory from its own thread.
    new MetricsRegion(metrics.open(1).memory).add('handledSuccess', 3)
    assert.equal(metrics.sum().get('handledSuccess'), 5)
    assert.equal(metrics.sum().get('handledFailure'), 1)
    assert.deepEqual(metrics.workers(), [0, 1])
  })

  it('never go back when a worker ends', () => {
    const metrics = new TriggerMetrics()
    const region = metrics.open(0)
    region.observeDuration(3)
    metrics.close(region)
    metrics.close(region)
    const next = metrics.open(0)
    next.observeDuration(4)
    assert.equal(metrics.sumOfWorker(0).get('durationMsSum'), 7)
    assert.equal(metrics.sumOfWorker(0).get('durationCount'), 2)
  })

  it('put a duration into the bucket whose bound holds it', () => {
    const region = new MetricsRegion()
    region.observeDuration(0.5)
    region.observeDuration(0.6)
    region.observeDuration(60_000)
    const histogram = region.histogram('duration')
    assert.equal(histogram[0], 1)
    assert.equal(histogram[1], 1)
    assert.equal(histogram.at(-1), 1)
  })
})

describe('prometheus text', () => {
  const metrics = new TriggerMetrics()
  metrics.worker(0).add('handledSuccess', 4)
  metrics.worker(0).observeDuration(2)
  const text = renderMetrics({
    instance: 'host "a"\n',
    namespace: 'default',
    functionName: 'hello',
    project: '',
    triggers: [{ kind: 'http', name: 'main', metrics, series: [], sinks: [], waiting: 1, inFlight: 2 }],
    pools: [{ name: 'main', ready: 1, restarts: { died: 3 } }],
    cpuSeconds: 1.5,
    residentBytes: 1000,
    startedAt: 10,
  })
  const labels =
    'instance="host \\"a\\"\\n",namespace="default",function="hello",project="",trigger_kind="http",trigger_id="main"'

  it("carries nuclio's series by nuclio's names", () => {
    assert.ok(text.includes(`nuclio_processor_handled_events_total{${labels},result="success"} 4\n`))
    for (const name of [
      'worker_allocation_total',
      'worker_allocation_count',
      'worker_allocation_wait_duration_milliseconds_sum',
      'worker_allocation_workers_available_percentage',
      'handled_events_duration_milliseconds_sum',
      'handled_events_duration_milliseconds_count',
    ]) {
      assert.match(text, new RegExp(`^nuclio_processor_${name}\\{.* \\d+$`, 'm'))
    }
    assert.ok(text.includes(`handled_events_duration_milliseconds_count{${labels},worker_index="0"} 1\n`))
  })

  it('accumulates histograms up to +Inf', () => {
    assert.ok(text.includes(`pelton_event_duration_seconds_bucket{${labels},le="0.001"} 0\n`))
    assert.ok(text.includes(`pelton_event_duration_seconds_bucket{${labels},le="0.0025"} 1\n`))
    assert.ok(text.includes(`pelton_event_duration_seconds_bucket{${labels},le="+Inf"} 1\n`))
    assert.ok(text.includes(`pelton_event_duration_seconds_sum{${labels}} 0.002\n`))
  })
})
