import type { Buffer } from 'node:buffer'
import { WireWriter } from '../../protobuf/wire-writer.ts'
import type { Datatype, ModelMetadata, TensorMetadata } from '../tensor.ts'
import { packNumbers } from './pack-varints.ts'

/** What `ServerMetadata` answers. */
export interface ServerMetadata {
  name: string
  version: string
  extensions: readonly string[]
}

/** What `ModelConfig` answers of Triton's configuration: what its clients read. */
export interface ModelConfig {
  name: string
  platform: string
  /** 0: the model takes no batches. */
  maxBatchSize: number
  /** Above a `maxBatchSize` of 0, shapes are without the batch's dimension. */
  inputs: readonly TensorMetadata[]
  outputs: readonly TensorMetadata[]
  /** A request may have any number of responses. */
  isDecoupled: boolean
}

/** Triton's `DataType`. */
const dataTypes: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 2,
  UINT16: 3,
  UINT32: 4,
  UINT64: 5,
  INT8: 6,
  INT16: 7,
  INT32: 8,
  INT64: 9,
  FP16: 10,
  FP32: 11,
  FP64: 12,
  BYTES: 13,
  BF16: 14,
}

const writer = new WireWriter()

/** A `ServerLiveResponse`, `ServerReadyResponse` or `ModelReadyResponse`. */
export function encodeReadiness(isReady: boolean): Buffer {
  writer.start()
  if (isReady) writer.bool(1, true)
  return writer.finish()
}

/** A `ServerMetadataResponse`. */
export function encodeServerMetadata({ name, version, extensions }: ServerMetadata): Buffer {
  writer.start()
  for (const extension of extensions.toReversed()) writer.text(3, extension)
  writer.text(2, version)
  writer.text(1, name)
  return writer.finish()
}

/** A `ModelMetadataResponse`. */
export function encodeModelMetadata({ name, versions, platform, inputs, outputs }: ModelMetadata): Buffer {
  writer.start()
  for (const output of outputs.toReversed()) writeMetadata(5, output)
  for (const input of inputs.toReversed()) writeMetadata(4, input)
  writer.text(3, platform)
  for (const version of versions.toReversed()) writer.text(2, version)
  writer.text(1, name)
  return writer.finish()
}

function writeMetadata(field: number, { name, datatype, shape }: TensorMetadata): void {
  const mark = writer.mark()
  if (shape.length > 0) writer.bytes(3, packNumbers(shape))
  writer.text(2, datatype)
  writer.text(1, name)
  writer.embed(field, mark)
}

/** A `ModelConfigResponse`. */
export function encodeModelConfig({ name, platform, maxBatchSize, inputs, outputs, isDecoupled }: ModelConfig): Buffer {
  writer.start()
  const policy = writer.mark()
  if (isDecoupled) {
    writer.bool(1, true)
    writer.embed(19, policy)
  }
  for (const output of outputs.toReversed()) writeConfigured(6, 3, output)
  for (const input of inputs.toReversed()) writeConfigured(5, 4, input)
  if (maxBatchSize > 0) writer.uint(4, maxBatchSize)
  writer.text(2, platform)
  writer.text(1, name)
  writer.embed(1, 0)
  return writer.finish()
}

/** A `ModelInput` or `ModelOutput`, whose sizes have other fields. */
function writeConfigured(field: number, sizesField: number, { name, datatype, shape }: TensorMetadata): void {
  const mark = writer.mark()
  if (shape.length > 0) writer.bytes(sizesField, packNumbers(shape))
  writer.uint(2, dataTypes[datatype])
  writer.text(1, name)
  writer.embed(field, mark)
}
