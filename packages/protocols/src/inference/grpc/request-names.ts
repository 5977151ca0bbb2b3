import type { Buffer } from 'node:buffer'
import { WireReader } from '../../protobuf/wire-reader.ts'
import type { InferRequest } from '../tensor.ts'

/** What tells a request from others: for the answer to one whose tensors are refused. */
export type RequestNames = Pick<InferRequest, 'modelName' | 'modelVersion' | 'id'>

/** Reads only the names and the id of a `ModelInferRequest`; throws MalformedMessage. */
export function decodeRequestNames(bytes: Buffer): RequestNames {
  const reader = new WireReader(bytes)
  const names = { modelName: '', modelVersion: '', id: '' }
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) names.modelName = reader.text(key)
    else if (key >>> 3 === 2) names.modelVersion = reader.text(key)
    else if (key >>> 3 === 3) names.id = reader.text(key)
    else reader.skip(key)
  }
  return names
}
