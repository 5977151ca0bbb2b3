import { Buffer } from 'node:buffer'
import type { Bytes, Response } from '@pelton/core'
import { type InferBody, type InferRequest, type Tensor, writeInferResponse } from '@pelton/protocols/inference'
import type { AskedInference } from './asked-inference.ts'
import type { BatchAnswer } from './batch-run.ts'
import type { ServedModel } from './served-models.ts'

/** Asks for all outputs as raw bytes. */
const allBinary: Pick<InferRequest, 'parameters'> = { parameters: { binary_data_output: true } }

/** The answer to a request, in the form that it is to have. InferenceError 500 for outputs that JSON cannot carry, when it is JSON. */
export function inferAnswer(asked: AskedInference, model: ServedModel, { outputs, run }: BatchAnswer): Response {
  const { request, form } = asked
  if (form === 'rest') return restAnswer(writeInferResponse(head(asked, model, outputs), request))
  const { body, headerLength } = writeInferResponse(head(asked, model, outputs), allBinary)
  const contentType = 'application/json'
  if (form === 'prefixed') {
    return { status: 200, headers: [], contentType, body: prefixed(body, headerLength ?? body.length) }
  }
  return { status: 200, headers: [], contentType, body, extra: { openinference: { headerLength, run } } }
}

/** An error as the protocol has it: `{"error": …}`. */
export function errorAnswer(status: number, message: string): Response {
  return { status, headers: [], contentType: 'application/json', body: Buffer.from(JSON.stringify({ error: message })) }
}

/** The trigger may serve the model by another name than its file's. */
function head({ request, form }: AskedInference, { facts }: ServedModel, outputs: readonly Tensor[]) {
  const isNamed = form !== 'rest' && request.modelName !== ''
  const { name, version } = isNamed
    ? { name: request.modelName, version: request.modelVersion || facts.version }
    : facts
  return { modelName: name, modelVersion: version, id: request.id, parameters: {}, outputs }
}

function restAnswer({ body, headerLength }: InferBody): Response {
  if (headerLength === undefined) return { status: 200, headers: [], contentType: 'application/json', body }
  const headers: Response['headers'] = [['inference-header-content-length', String(headerLength)]]
  return { status: 200, headers, contentType: 'application/octet-stream', body }
}

/** The length stands in eight bytes, so that what follows stays aligned for all datatypes. */
function prefixed(body: Bytes, headerLength: number): Bytes {
  const bytes = Buffer.allocUnsafe(8 + body.length)
  bytes.writeBigUInt64LE(BigInt(headerLength))
  bytes.set(body, 8)
  return bytes
}
