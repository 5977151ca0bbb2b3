import type { TensorMetadata } from '@pelton/protocols/inference'
import type { ModelConfig } from '@pelton/protocols/inference/grpc'
import type { ServedModel } from './models.ts'

/** What clients of Triton read of a model's configuration: where it takes batches, shapes are without their dimension. */
export function modelConfig({ name, platform, inputs, outputs, maxBatchSize }: ServedModel): ModelConfig {
  const shown = (tensors: readonly TensorMetadata[]): readonly TensorMetadata[] =>
    maxBatchSize > 0 ? tensors.map((tensor) => ({ ...tensor, shape: tensor.shape.slice(1) })) : tensors
  return { name, platform, maxBatchSize, inputs: shown(inputs), outputs: shown(outputs), isDecoupled: false }
}
