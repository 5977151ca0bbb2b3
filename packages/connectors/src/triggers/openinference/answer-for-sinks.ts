import { Buffer } from 'node:buffer'
import type { Response } from '@pelton/core'
import { InferenceError, readInferResponse, writeInferResponse } from '@pelton/protocols/inference'
import { headerLengthOf } from './read-answer.ts'

/** An answer as sinks get it: what came in binary form as JSON alone; what JSON cannot carry in binary form still, and its headers say so. */
export function answerForSinks(response: Response): Response {
  const { body } = response
  const headerLength = headerLengthOf(response)
  if (headerLength === undefined || !(body instanceof Uint8Array)) return response
  try {
    const given = readInferResponse(Buffer.from(body.buffer, body.byteOffset, body.byteLength), { headerLength })
    return { ...response, contentType: 'application/json', body: writeInferResponse(given).body }
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    const headers: Response['headers'] = [['Inference-Header-Content-Length', String(headerLength)]]
    return { ...response, headers, contentType: 'application/octet-stream' }
  }
}
