import type { Buffer } from 'node:buffer'
import { WireWriter } from '../../protobuf/wire-writer.ts'

/** How often something was done, and how long it took in all. */
export interface StatisticDuration {
  count: number
  nanoseconds: number
}

/** Of all batches of one size. */
export interface BatchStatistics {
  batchSize: number
  computeInput: StatisticDuration
  computeInfer: StatisticDuration
  computeOutput: StatisticDuration
}

/** What `ModelStatistics` tells of a model. */
export interface ModelStatistics {
  name: string
  version: string
  /** Since 1970; 0 before the first. */
  lastInferenceMs: number
  /** A batch counts as often as it is large. */
  inferenceCount: number
  /** A batch counts once. */
  executionCount: number
  success: StatisticDuration
  fail: StatisticDuration
  queue: StatisticDuration
  computeInput: StatisticDuration
  computeInfer: StatisticDuration
  computeOutput: StatisticDuration
  batches: readonly BatchStatistics[]
}

const writer = new WireWriter()

/** A `ModelStatisticsResponse`. Numbers are whole, up to 2^53. */
export function encodeModelStatistics(models: readonly ModelStatistics[]): Buffer {
  writer.start()
  for (const model of models.toReversed()) writeModel(model)
  return writer.finish()
}

function writeModel(model: ModelStatistics): void {
  const mark = writer.mark()
  for (const batch of model.batches.toReversed()) writeBatch(batch)
  writeInferStatistics(model)
  writeCount(5, model.executionCount)
  writeCount(4, model.inferenceCount)
  writeCount(3, model.lastInferenceMs)
  writer.text(2, model.version)
  writer.text(1, model.name)
  writer.embed(1, mark)
}

function writeInferStatistics(model: ModelStatistics): void {
  const mark = writer.mark()
  writeDuration(6, model.computeOutput)
  writeDuration(5, model.computeInfer)
  writeDuration(4, model.computeInput)
  writeDuration(3, model.queue)
  writeDuration(2, model.fail)
  writeDuration(1, model.success)
  writer.embed(6, mark)
}

function writeBatch(batch: BatchStatistics): void {
  const mark = writer.mark()
  writeDuration(4, batch.computeOutput)
  writeDuration(3, batch.computeInfer)
  writeDuration(2, batch.computeInput)
  writeCount(1, batch.batchSize)
  writer.embed(7, mark)
}

/** Clients read one that is not there as zeros, too; Triton writes them all. */
function writeDuration(field: number, { count, nanoseconds }: StatisticDuration): void {
  const mark = writer.mark()
  writeCount(2, nanoseconds)
  writeCount(1, count)
  writer.embed(field, mark)
}

function writeCount(field: number, count: number): void {
  if (count > 0) writer.uint(field, count)
}
