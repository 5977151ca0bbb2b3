import { Buffer } from 'node:buffer'
import { isPeltonError } from '@pelton/core'
import { InferenceError, readInferResponse } from '@pelton/protocols/inference'
import { tensorsByName } from '@pelton/protocols/inference/handler'
import type { ModelResult } from '@pelton/sdk'
import { ModelError } from '@pelton/sdk/host'

/** Bytes before the answer that say how long its JSON is. */
const prefixBytes = 8

/** The outputs that a call of `models.run` gives. Rejects with `ModelError`. */
export async function readRun(model: string, call: Promise<unknown>): Promise<ModelResult> {
  const answer = await call.catch((error: unknown) => {
    if (isPeltonError(error)) throw new ModelError(error.status, error.message, { code: error.code, cause: error })
    throw error
  })
  return outputsOf(model, answer)
}

function outputsOf(model: string, answer: unknown): ModelResult {
  try {
    if (!(answer instanceof Uint8Array) || answer.length < prefixBytes) throw new InferenceError(500, 'no answer')
    const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
    const headerLength = bytes.readUInt32LE(0)
    return tensorsByName(readInferResponse(bytes.subarray(prefixBytes), { headerLength }).outputs)
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    throw new ModelError(error.status, `models.${model}.run: ${error.message}`, { cause: error })
  }
}
