import {
  InferenceError,
  readInferResponse,
  writeInferRequest,
  writeInferResponse,
  type InferRequest,
  type InferResponse,
  type TensorMetadata,
} from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import type { Answer } from './exchange.ts'

const headerLengthName = 'inference-header-content-length'

/** A request as it is sent: with raw bytes where the server takes them, and asking for such. Throws `inference_input_invalid` for what JSON cannot carry. */
export function writeRequest(
  request: InferRequest,
  takesBinary: boolean,
): { headers: Record<string, string>; body: Buffer } {
  try {
    const { body, headerLength } = writeInferRequest(takesBinary ? askForBinary(request) : request, {
      binary: takesBinary,
    })
    if (headerLength === undefined) return { headers: { 'content-type': 'application/json' }, body }
    return { headers: { 'content-type': 'application/octet-stream', [headerLengthName]: String(headerLength) }, body }
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    const input = request.inputs.map(({ name }) => name).join(', ')
    throw errors.inference_input_invalid({ input, reason: error.message })
  }
}

/** The response in an answer; datatype and shape may be left out where they are declared. Throws `inference_answer_invalid`. */
export function readResponse(answer: Answer, declared: readonly TensorMetadata[], url: string): InferResponse {
  const text = answer.headers[headerLengthName]
  const headerLength = text === undefined ? undefined : Number(text)
  try {
    return readInferResponse(answer.body, { headerLength, declared })
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    throw errors.inference_answer_invalid({ url, reason: error.message })
  }
}

/** The response as one object in one line, flat lists that lose nothing. Throws `inference_output_unwritable` for NaN and infinite numbers. */
export function writeResponseJson(response: InferResponse): string {
  try {
    return `${writeInferResponse(response).body.toString()}\n`
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    throw errors.inference_output_unwritable({ file: 'The response as JSON', reason: error.message })
  }
}

function askForBinary(request: InferRequest): InferRequest {
  const outputs = request.outputs?.map(({ name }) => ({ name, parameters: { binary_data: true } }))
  return {
    ...request,
    parameters: { binary_data_output: true, ...request.parameters },
    ...(outputs && { outputs }),
  }
}
