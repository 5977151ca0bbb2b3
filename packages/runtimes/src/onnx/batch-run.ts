import type { Clock } from '@pelton/core'
import type { RunFacts, Tensor } from '@pelton/protocols/inference'
import { joinRows, splitRows } from './batch-tensors.ts'

/** What a request asks of a model. */
export interface BatchRequest {
  /** In the order of the model: requests can be joined whose tensors are in the same order. */
  inputs: readonly Tensor[]
  /** Names of the outputs asked for; absent: all. */
  outputs?: readonly string[] | undefined
}

/** What one gets. The outputs of a joined run are views on memory that its requests share. */
export interface BatchAnswer {
  outputs: readonly Tensor[]
  run: RunFacts
}

/** A request with its rows, and when it came. */
export interface TimedRequest {
  request: BatchRequest
  rows: number
  since: number
}

/** What runs a model: all outputs when none are named. */
export type RunModel = (inputs: readonly Tensor[], outputs: readonly string[] | undefined) => Promise<readonly Tensor[]>

/** A run of joined rows whose outputs cannot be told apart. */
export class RowsLost extends Error {}

/**
 * Runs the model once for all the requests, which ask for the same outputs; an answer for each, in order. Rejects with
 * what the run rejects with, and with `RowsLost`.
 */
export async function runRequests(
  requests: readonly TimedRequest[],
  run: RunModel,
  clock: Clock,
): Promise<BatchAnswer[]> {
  const begun = clock.now()
  const inputs = joinRows(requests.map(({ request }) => request.inputs))
  const joined = clock.now()
  let started = joined
  // ONNX Runtime begins a run in the next turn of the loop; what else that turn does is no part of the run.
  setImmediate(() => (started = clock.now()))
  const outputs = await run(inputs, requests[0]?.request.outputs)
  const ran = clock.now()
  const parts = partsOf(outputs, requests)
  const split = clock.now()
  const facts = {
    inputUs: micros(begun, joined),
    inferUs: micros(started, ran),
    outputUs: micros(ran, split),
    rows: rowsOf(requests),
  }
  const delayed = started - joined
  return requests.map(({ since }, index) => ({
    outputs: parts[index] ?? [],
    run: { queueUs: micros(since, begun + delayed), ...facts, isFirst: index === 0 },
  }))
}

/** What is wrong with outputs that should have a row for each of the inputs; undefined when nothing is. */
export function rowsProblem(outputs: readonly Tensor[], rows: number): string | undefined {
  const wrong = outputs.find(({ shape }) => shape[0] !== rows)
  return (
    wrong && `output ${JSON.stringify(wrong.name)} has the shape [${wrong.shape.join(',')}] for ${rows} rows of input`
  )
}

function partsOf(outputs: readonly Tensor[], requests: readonly TimedRequest[]): readonly (readonly Tensor[])[] {
  if (requests.length === 1) return [outputs]
  const parts = splitRows(
    outputs,
    requests.map(({ rows }) => rows),
  )
  if (parts !== undefined) return parts
  throw new RowsLost(rowsProblem(outputs, rowsOf(requests)))
}

function rowsOf(requests: readonly TimedRequest[]): number {
  return requests.reduce((sum, { rows }) => sum + rows, 0)
}

function micros(fromMs: number, toMs: number): number {
  return Math.round((toMs - fromMs) * 1000)
}
