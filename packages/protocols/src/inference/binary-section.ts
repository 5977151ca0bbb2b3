import { Buffer } from 'node:buffer'
import { elementCount } from './element-count.ts'
import { inferLimits, tooManyByteStrings } from './infer-limits.ts'
import type { FoundTensor } from './read-tensor.ts'
import { quote } from './show.ts'
import { readRaw } from './tensor-bytes.ts'
import { InferenceError, type Tensor } from './tensor.ts'

const noBytes = Buffer.alloc(0)

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
  const bytes = binary ?? noBytes
  let at = 0
  let byteStrings = 0
  const complete = tensors.map((tensor) => {
    if ('data' in tensor) return tensor
    const { binarySize, ...rest } = tensor
    const { name, datatype, shape } = rest
    // Clients leave the header out when nothing follows, also where an empty tensor is to be binary.
    if (binary === undefined && binarySize > 0) throw needsHeader(name)
    if (binarySize > bytes.length - at) throw tooLong(name, binarySize, bytes.length - at)
    if (datatype === 'BYTES') byteStrings += elementCount(shape)
    if (byteStrings > inferLimits.byteStrings) throw tooManyByteStrings(name)
    return { ...rest, data: readRaw(datatype, shape, bytes.subarray(at, (at += binarySize)), name) }
  })
  const extra = bytes.length - at
  if (extra > 0) throw new InferenceError(400, `${extra} bytes follow the binary data of the last tensor`)
  return complete
}

function needsHeader(tensor: string): InferenceError {
  return new InferenceError(
    400,
    `tensor ${quote(tensor)} has binary data, which needs the header Inference-Header-Content-Length`,
  )
}

function tooLong(tensor: string, size: number, left: number): InferenceError {
  return new InferenceError(
    400,
    `tensor ${quote(tensor)}: binary_data_size is ${size}, but ${left} bytes are left in the body`,
  )
}
