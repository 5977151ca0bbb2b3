import type { Datatype } from '../tensor.ts'

/** The fields of `InferTensorContents`, by their numbers; there is no field 0. */
export const contentsNames: readonly string[] = [
  '',
  'bool_contents',
  'int_contents',
  'int64_contents',
  'uint_contents',
  'uint64_contents',
  'fp32_contents',
  'fp64_contents',
  'bytes_contents',
]

/** The number of the field that holds a datatype; 0 for those that only raw contents hold. */
export const contentsField: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  INT8: 2,
  INT16: 2,
  INT32: 2,
  INT64: 3,
  UINT8: 4,
  UINT16: 4,
  UINT32: 4,
  UINT64: 5,
  FP16: 0,
  FP32: 6,
  FP64: 7,
  BF16: 0,
  BYTES: 8,
}
