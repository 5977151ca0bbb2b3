import type { Buffer } from 'node:buffer'
import { type SplitBody, splitBody, takeBinary } from './binary-section.ts'
import { jsonEnd } from './json-end.ts'
import { JsonReader } from './json-reader.ts'
import { emptyHead, readHeadMember } from './read-head.ts'
import { readTensors, type FoundTensor } from './read-tensor.ts'
import { InferenceError, type InferResponse, type TensorMetadata } from './tensor.ts'

/** How to read a response. */
export interface ReadResponseOptions {
  /** Its `Inference-Header-Content-Length`. */
  headerLength?: number | undefined
  /** A piece of a stream, which has no headers: the raw bytes of outputs are its last ones, as many as its JSON says. */
  isPiece?: boolean
  /** Outputs whose datatype and shape the response may leave out. */
  declared?: readonly TensorMetadata[] | undefined
}

/**
 * A response of the REST protocol, or what a handler gave as one: nested or flat lists, NaN as Python writes it, no name, version or id.
 * Throws InferenceError 500, and nothing else, for what is none: the caller of the model cannot mend it.
 */
export function readInferResponse(body: Buffer, options: ReadResponseOptions = {}): InferResponse {
  try {
    return readResponse(body, options)
  } catch (error) {
    if (error instanceof InferenceError) throw new InferenceError(500, `no inference response: ${error.message}`)
    throw error
  }
}

function readResponse(body: Buffer, options: ReadResponseOptions): InferResponse {
  const { json, binary } = options.isPiece ? splitPiece(body) : splitBody(body, options.headerLength)
  const reader = new JsonReader(json, true)
  const rules = { isLenient: true, declared: new Map(options.declared?.map((output) => [output.name, output])) }
  const head = emptyHead()
  let outputs: FoundTensor[] | undefined
  for (let key = reader.firstKey('the response'); key !== undefined; key = reader.nextKey()) {
    if (key === 'outputs') outputs = readTensors(reader, 'outputs', rules)
    else if (!readHeadMember(reader, key, head)) reader.skip()
  }
  reader.end()
  if (outputs === undefined) throw new InferenceError(400, 'it has no outputs')
  return { ...head, outputs: takeBinary(outputs, options.isPiece ? lastBytes(binary, outputs) : binary) }
}

function splitPiece(body: Buffer): SplitBody {
  const end = jsonEnd(body)
  return { json: body.subarray(0, end), binary: body.subarray(end) }
}

/** Without the spaces that pad the JSON. */
function lastBytes(rest: Buffer | undefined, outputs: readonly FoundTensor[]): Buffer | undefined {
  const size = outputs.reduce((sum, output) => sum + ('data' in output ? 0 : output.binarySize), 0)
  const padding = rest?.subarray(0, Math.max(0, rest.length - size))
  if (padding && !padding.every(isSpace)) throw new InferenceError(400, `${padding.length} bytes follow its JSON`)
  return rest?.subarray(padding?.length)
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
