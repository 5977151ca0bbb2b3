import type { ModelStatistics, StatisticDuration } from '@pelton/protocols/inference/grpc'
import type { TensorMetadata } from '@pelton/protocols/inference'
import { modelConfig } from '../models/model-config.ts'
import { modelStatistics } from '../statistics/model-statistics.ts'
import type { Models, ServedModel } from '../models/models.ts'

/** `GET /v2/models/NAME`: without `version`, which is not of the protocol's object. */
export function metadataObject({ name, versions, platform, inputs, outputs }: ServedModel): object {
  return { name, versions, platform, inputs, outputs }
}

/** `GET /v2/models/NAME/config`: what clients read of Triton's model configuration. */
export function configObject(model: ServedModel): object {
  const { name, platform, maxBatchSize, inputs, outputs } = modelConfig(model)
  return {
    name,
    platform,
    max_batch_size: maxBatchSize,
    input: inputs.map(configuredTensor),
    output: outputs.map(configuredTensor),
  }
}

function configuredTensor({ name, datatype, shape }: TensorMetadata): object {
  return { name, data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`, dims: shape }
}

/** `POST /v2/repository/index`: a reason only where there is one. */
export function indexObject(lines: ReturnType<Models['index']>): object[] {
  return lines.map(({ reason, ...line }) => (reason === '' ? line : { ...line, reason }))
}

/** `GET /v2/models/NAME/stats`: the object of Triton's statistics extension. */
export function statisticsObject(models: readonly ServedModel[]): object {
  return { model_stats: models.map((model) => statisticsOf(modelStatistics(model))) }
}

function statisticsOf(model: ModelStatistics): object {
  return {
    name: model.name,
    version: model.version,
    last_inference: model.lastInferenceMs,
    inference_count: model.inferenceCount,
    execution_count: model.executionCount,
    inference_stats: {
      success: durationOf(model.success),
      fail: durationOf(model.fail),
      queue: durationOf(model.queue),
      ...computeOf(model),
      // Nothing is cached; Triton's clients read these members.
      cache_hit: never,
      cache_miss: never,
    },
    batch_stats: model.batches.map((batch) => ({ batch_size: batch.batchSize, ...computeOf(batch) })),
  }
}

const never = { count: 0, ns: 0 }

function computeOf(given: Pick<ModelStatistics, 'computeInput' | 'computeInfer' | 'computeOutput'>): object {
  return {
    compute_input: durationOf(given.computeInput),
    compute_infer: durationOf(given.computeInfer),
    compute_output: durationOf(given.computeOutput),
  }
}

function durationOf({ count, nanoseconds }: StatisticDuration): object {
  return { count, ns: nanoseconds }
}
