import type { ModelStatistics, StatisticDuration } from '@pelton/protocols/inference/grpc'
import { failureReasons } from './model-counts.ts'
import type { ServedModel } from '../models/models.ts'

/** What Triton's statistics tell of a model; batches by their size. */
export function modelStatistics({ name, version, counts }: ServedModel): ModelStatistics {
  const { successes } = counts
  const failures = failureReasons.reduce((sum, reason) => sum + counts.failures[reason], 0)
  return {
    name,
    version,
    lastInferenceMs: Math.floor(counts.lastAt),
    inferenceCount: counts.rows,
    executionCount: counts.runs,
    success: duration(successes, counts.successMs),
    fail: duration(failures, counts.failureMs),
    queue: duration(successes, counts.queueMs),
    computeInput: duration(successes, counts.inputMs),
    computeInfer: duration(successes, counts.inferMs),
    computeOutput: duration(successes, counts.outputMs),
    batches: [...counts.batches]
      .sort(([one], [other]) => one - other)
      .map(([batchSize, { runs, inputMs, inferMs, outputMs }]) => ({
        batchSize,
        computeInput: duration(runs, inputMs),
        computeInfer: duration(runs, inferMs),
        computeOutput: duration(runs, outputMs),
      })),
  }
}

function duration(count: number, ms: number): StatisticDuration {
  return { count, nanoseconds: Math.round(ms * 1e6) }
}
