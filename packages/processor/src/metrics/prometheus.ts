import type { Series } from '@pelton/core'
import { type Counter, type MetricsRegion, bucketBounds } from './metrics-region.ts'
import { type SinkReport, dropReasons } from '../sinks/sink-counts.ts'
import type { TriggerMetrics } from './trigger-metrics.ts'

/** One trigger's counters with the labels that its configuration gives. */
export interface LabelledTrigger {
  kind: string
  name: string
  metrics: TriggerMetrics
  waiting: number
  inFlight: number
  sinks: readonly SinkReport[]
  /** What the trigger and its sinks add themselves. */
  series: readonly Series[]
}

/** What a scrape reports. */
export interface Scrape {
  instance: string
  namespace: string
  functionName: string
  project: string
  triggers: LabelledTrigger[]
  /** By pool: workers that take events, and replacements since the start by reason. */
  pools: { name: string; ready: number; restarts: Readonly<Record<string, number>> }[]
  cpuSeconds: number
  residentBytes: number
  startedAt: number
}

type Labels = Record<string, string | number>

/** Prometheus text format 0.0.4: nuclio's series by nuclio's names, then Pelton's own. */
export function renderMetrics(scrape: Scrape): string {
  const text = new MetricsText()
  const common = { instance: scrape.instance, namespace: scrape.namespace, function: scrape.functionName }
  const triggers = scrape.triggers.map((trigger) => ({
    trigger,
    sum: trigger.metrics.sum(),
    labels: { ...common, project: scrape.project, trigger_kind: trigger.kind, trigger_id: trigger.name },
  }))
  const perTrigger = (name: string, type: string, help: string, rows: [Labels, Counter][]): void => {
    text.family(name, type, help)
    for (const { sum, labels } of triggers) {
      for (const [more, counter] of rows) text.sample(name, { ...labels, ...more }, sum.get(counter))
    }
  }
  perTrigger('nuclio_processor_handled_events_total', 'counter', 'Events handled, by result', [
    [{ result: 'success' }, 'handledSuccess'],
    [{ result: 'failure' }, 'handledFailure'],
  ])
  perTrigger('nuclio_processor_worker_allocation_total', 'counter', 'Allocations of a worker, by result', [
    [{ result: 'success_immediate' }, 'allocatedAtOnce'],
    [{ result: 'success_after_wait' }, 'allocatedAfterWait'],
    [{ result: 'error_timeout' }, 'allocationTimeouts'],
  ])
  perTrigger('nuclio_processor_worker_allocation_count', 'counter', 'Allocations of a worker', [[{}, 'allocations']])
  perTrigger(
    'nuclio_processor_worker_allocation_wait_duration_milliseconds_sum',
    'counter',
    'Time that events waited for a worker',
    [[{}, 'waitMsSum']],
  )
  perTrigger(
    'nuclio_processor_worker_allocation_workers_available_percentage',
    'counter',
    'Sum over allocations of the percentage of free workers',
    [[{}, 'freePercentageSum']],
  )
  renderWorkers(text, triggers)
  perTrigger('pelton_event_timeouts_total', 'counter', 'Events answered at their deadline', [[{}, 'eventTimeouts']])
  for (const [of, name, help] of [
    ['duration', 'pelton_event_duration_seconds', 'Time from handing an event to a worker to its answer'],
    ['wait', 'pelton_worker_wait_seconds', 'Time that an event waited for a worker'],
  ] as const) {
    text.family(name, 'histogram', help)
    for (const { sum, labels } of triggers) text.histogram(name, labels, sum, of)
  }
  text.family('pelton_events_waiting', 'gauge', 'Events that wait for a worker')
  for (const { trigger, labels } of triggers) text.sample('pelton_events_waiting', labels, trigger.waiting)
  text.family('pelton_events_in_flight', 'gauge', 'Events that workers hold; unknown inside workers')
  for (const { trigger, labels } of triggers) text.sample('pelton_events_in_flight', labels, trigger.inFlight)
  renderSinks(text, triggers)
  renderSeries(text, triggers)
  renderProcess(text, scrape, common)
  return text.toString()
}

function renderWorkers(text: MetricsText, triggers: { trigger: LabelledTrigger; labels: Labels }[]): void {
  for (const [suffix, counter] of [
    ['sum', 'durationMsSum'],
    ['count', 'durationCount'],
  ] as const) {
    const name = `nuclio_processor_handled_events_duration_milliseconds_${suffix}`
    text.family(name, 'counter', `Handling time per worker: ${suffix}`)
    for (const { trigger, labels } of triggers) {
      for (const index of trigger.metrics.workers()) {
        text.sample(name, { ...labels, worker_index: index }, trigger.metrics.sumOfWorker(index).get(counter))
      }
    }
  }
}

/** Families of sinks are there only where sinks are. */
function renderSinks(text: MetricsText, triggers: { trigger: LabelledTrigger; labels: Labels }[]): void {
  const sinks = triggers.flatMap(({ trigger, labels }) =>
    trigger.sinks.map((report) => ({ report, labels: { ...labels, sink: report.name } })),
  )
  if (sinks.length === 0) return
  const perSink = (name: string, type: string, help: string, value: (report: SinkReport) => number): void => {
    text.family(name, type, help)
    for (const { report, labels } of sinks) text.sample(name, labels, value(report))
  }
  perSink('pelton_sink_written_total', 'counter', 'Answers that a sink delivered', ({ counts }) => counts.written)
  perSink('pelton_sink_retried_total', 'counter', 'Attempts beyond the first', ({ counts }) => counts.retried)
  perSink('pelton_sink_failed_total', 'counter', 'Answers that a sink gave up', ({ counts }) => counts.failed)
  text.family('pelton_sink_dropped_total', 'counter', 'Answers that did not reach a sink, by reason')
  for (const { report, labels } of sinks) {
    for (const reason of dropReasons) {
      text.sample('pelton_sink_dropped_total', { ...labels, reason }, report.counts.dropped[reason])
    }
  }
  perSink('pelton_sink_queued', 'gauge', 'Answers that a sink has not taken yet', ({ queued }) => queued)
  perSink('pelton_sink_open', 'gauge', 'Whether a sink can deliver', ({ open }) => (open ? 1 : 0))
}

/** A family stands together, whichever triggers add to it. */
function renderSeries(text: MetricsText, triggers: { trigger: LabelledTrigger; labels: Labels }[]): void {
  const added = triggers.flatMap(({ trigger, labels }) => trigger.series.map((series) => ({ series, labels })))
  for (const [name, members] of Map.groupBy(added, ({ series }) => series.name)) {
    const [first] = members
    if (first) text.family(name, first.series.type, first.series.help)
    for (const { series, labels } of members) {
      for (const sample of series.samples) text.sample(name, { ...labels, ...sample.labels }, sample.value)
    }
  }
}

function renderProcess(text: MetricsText, scrape: Scrape, common: Labels): void {
  text.family('pelton_workers_ready', 'gauge', 'Workers that take events')
  for (const pool of scrape.pools) text.sample('pelton_workers_ready', { ...common, pool: pool.name }, pool.ready)
  text.family('pelton_worker_restarts_total', 'counter', 'Workers replaced, by reason')
  for (const pool of scrape.pools) {
    for (const [reason, count] of Object.entries(pool.restarts)) {
      text.sample('pelton_worker_restarts_total', { ...common, pool: pool.name, reason }, count)
    }
  }
  text.family('process_cpu_seconds_total', 'counter', 'User and system time of the processor')
  text.sample('process_cpu_seconds_total', common, scrape.cpuSeconds)
  text.family('process_resident_memory_bytes', 'gauge', 'Resident memory of the processor')
  text.sample('process_resident_memory_bytes', common, scrape.residentBytes)
  text.family('process_start_time_seconds', 'gauge', 'When the processor started, since the epoch')
  text.sample('process_start_time_seconds', common, scrape.startedAt)
}

class MetricsText {
  readonly #lines: string[] = []

  family(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  }

  sample(name: string, labels: Labels, value: number): void {
    const text = Object.entries(labels).map(([key, of]) => `${key}="${escapeLabel(String(of))}"`)
    this.#lines.push(`${name}{${text.join(',')}} ${value}`)
  }

  histogram(name: string, labels: Labels, region: MetricsRegion, of: 'duration' | 'wait'): void {
    let count = 0
    for (const [i, events] of region.histogram(of).entries()) {
      count += events
      this.sample(`${name}_bucket`, { ...labels, le: bucketBounds[i] ?? '+Inf' }, count)
    }
    this.sample(`${name}_sum`, labels, region.get(of === 'duration' ? 'durationMsSum' : 'waitMsSum') / 1000)
    this.sample(`${name}_count`, labels, count)
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
