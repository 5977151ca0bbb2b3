import type { Series } from '@pelton/core'
import { type ModelCounts, failureReasons } from './model-counts.ts'
import type { ServedModel } from '../models/models.ts'

type Labels = Readonly<Record<string, string>>
type Sample = Series['samples'][number]

/** One value of each model, in the units of Triton's series, with the name that both have. */
interface Family {
  /** Triton's. */
  triton: string
  own: string
  /** Of the own one to Triton's: it has microseconds where ours has seconds. */
  scale: number
  help: string
  type: Series['type']
  value: (counts: ModelCounts) => number
}

const counter = { type: 'counter', scale: 1 } as const
/** Milliseconds are shown as microseconds and as seconds. */
const time = { type: 'counter', scale: 1e-6 } as const
const usPerMs = 1000

const families: readonly Family[] = [
  {
    ...counter,
    triton: 'nv_inference_count',
    own: 'pelton_inference_rows_total',
    help: 'Inferences that went well; a batch counts as often as it has rows',
    value: ({ rows }) => rows,
  },
  {
    ...counter,
    triton: 'nv_inference_exec_count',
    own: 'pelton_inference_runs_total',
    help: 'Runs of the model; a batch counts once',
    value: ({ runs }) => runs,
  },
  {
    ...time,
    triton: 'nv_inference_request_duration_us',
    own: 'pelton_inference_request_seconds_total',
    help: 'Time of requests that went well, from their arrival to their answer',
    value: ({ successMs }) => successMs * usPerMs,
  },
  {
    ...time,
    triton: 'nv_inference_queue_duration_us',
    own: 'pelton_inference_queue_seconds_total',
    help: 'Time that they waited for a worker, and in it for their run',
    value: ({ queueMs }) => queueMs * usPerMs,
  },
  {
    ...time,
    triton: 'nv_inference_compute_input_duration_us',
    own: 'pelton_inference_compute_input_seconds_total',
    help: 'Time that making the input tensors of their runs took',
    value: ({ inputMs }) => inputMs * usPerMs,
  },
  {
    ...time,
    triton: 'nv_inference_compute_infer_duration_us',
    own: 'pelton_inference_compute_infer_seconds_total',
    help: 'Time that their runs took; of a handler all its time',
    value: ({ inferMs }) => inferMs * usPerMs,
  },
  {
    ...time,
    triton: 'nv_inference_compute_output_duration_us',
    own: 'pelton_inference_compute_output_seconds_total',
    help: 'Time that making their answers of the output tensors took',
    value: ({ outputMs }) => outputMs * usPerMs,
  },
  {
    type: 'gauge',
    scale: 1,
    triton: 'nv_inference_pending_request_count',
    own: 'pelton_inference_pending_requests',
    help: 'Requests that no worker has been given yet',
    value: ({ pending }) => pending,
  },
]

/** What `/metrics` tells of models: Triton's series, and the same in units and names as Prometheus wants them. */
export function inferenceSeries(models: readonly ServedModel[]): Series[] {
  const values = families.flatMap(({ triton, own, scale, type, help, value }) => {
    const samples = models.map((model) => ({ labels: labelsOf(model), value: value(model.counts) }))
    const scaled = samples.map((sample) => ({ ...sample, value: sample.value * scale }))
    return [
      { name: triton, type, help, samples },
      { name: own, type, help, samples: scaled },
    ]
  })
  return [...requestSeries(models), ...values, batchSeries(models)]
}

function requestSeries(models: readonly ServedModel[]): Series[] {
  const successes: Sample[] = []
  const failures: Sample[] = []
  const results: Sample[] = []
  for (const model of models) {
    const labels = labelsOf(model)
    const { successes: succeeded, failures: failed } = model.counts
    successes.push({ labels, value: succeeded })
    results.push({ labels: { ...labels, result: 'success', reason: '' }, value: succeeded })
    for (const reason of failureReasons) {
      const value = failed[reason]
      failures.push({ labels: { ...labels, reason }, value })
      results.push({ labels: { ...labels, result: 'failure', reason: reason.toLowerCase() }, value })
    }
  }
  const type = 'counter'
  return [
    { name: 'nv_inference_request_success', type, help: 'Requests that went well', samples: successes },
    { name: 'nv_inference_request_failure', type, help: 'Requests that failed, by why', samples: failures },
    { name: 'pelton_inference_requests_total', type, help: 'Requests by what became of them', samples: results },
  ]
}

/** Sizes are told apart by powers of two, so that a large `maxBatchSize` makes few series. */
function batchSeries(models: readonly ServedModel[]): Series {
  const samples = models.flatMap((model) => {
    const runs = new Map<number, number>()
    for (const [rows, batch] of model.counts.batches) {
      const most = 2 ** Math.ceil(Math.log2(rows))
      runs.set(most, (runs.get(most) ?? 0) + batch.runs)
    }
    return [...runs]
      .sort(([one], [other]) => one - other)
      .map(([most, value]) => ({ labels: { ...labelsOf(model), up_to_rows: String(most) }, value }))
  })
  const help = 'Runs by their rows: more than half of up_to_rows, at most as many'
  return { name: 'pelton_inference_batches_total', type: 'counter', help, samples }
}

function labelsOf({ name, version }: ServedModel): Labels {
  return { model: name, version }
}
