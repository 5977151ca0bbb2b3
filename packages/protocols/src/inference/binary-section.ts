import type { Buffer } from 'node:buffer'
import type { FoundTensor } from './read-tensor.ts'
import { quote } from './show.ts'
import { readRaw } from './tensor-bytes.ts'
import { InferenceError, type Tensor } from './tensor.ts'

/** A body of the binary tensor data extension: JSON, then the raw bytes of tensors; without a header length all is JSON. */
export interface SplitBody {
  json: Buffer
  binary: Buffer | undefined
}

/** Parts a body where `Inference-Header-Content-Length` says that its JSON ends. InferenceError 400 when that is beyond its end. */
export function splitBody(body: Buffer, headerLength: number | undefined): SplitBody {
  if (headerLength === undefined) return { json: body, binary: undefined }
  if (!Number.isInteger(headerLength) || headerLength < 0 || headerLength > body.length) {
    throw new InferenceError(
      400,
      `Inference-Header-Content-Length is ${headerLength}, but the body has ${body.length} bytes`,
    )
  }
  return { json: body.subarray(0, headerLength), binary: body.subarray(headerLength) }
}

/** Gives the tensors their raw bytes, which follow in their order; views where they are aligned. InferenceError 400 for missing or extra bytes. */
export function takeBinary(tensors: readonly FoundTensor[], binary: Buffer | undefined): Tensor[] {
  let at = 0
  const complete = tensors.map((tensor) => {
    if ('data' in tensor) return tensor
    const { binarySize, ...rest } = tensor
    if (binary === undefined) {
      throw new InferenceError(
        400,
        `tensor ${quote(tensor.name)} has binary data, which needs the header Inference-Header-Content-Length`,
      )
    }
    const left = binary.length - at
    if (binarySize > left) {
      throw new InferenceError(
        400,
        `tensor ${quote(tensor.name)}: binary_data_size is ${binarySize}, but ${left} bytes are left in the body`,
      )
    }
    const bytes = binary.subarray(at, (at += binarySize))
    return { ...rest, data: readRaw(tensor.datatype, tensor.shape, bytes, tensor.name) }
  })
  const extra = (binary?.length ?? 0) - at
  if (extra > 0) throw new InferenceError(400, `${extra} bytes follow the binary data of the last tensor`)
  return complete
}
