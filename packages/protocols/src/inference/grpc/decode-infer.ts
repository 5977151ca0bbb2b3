import { Buffer } from 'node:buffer'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { WireReader } from '../../protobuf/wire-reader.ts'
import { checkNames } from '../check-names.ts'
import { readDatatype } from '../datatype.ts'
import { elementCount } from '../element-count.ts'
import { checkRequested } from '../select-outputs.ts'
import { quote, showShape } from '../show.ts'
import { type InferRequest, type InferResponse, InferenceError, type Tensor, type TensorData } from '../tensor.ts'
import { readRaw } from '../tensor-bytes.ts'
import {
  type InferDraft,
  type InferSide,
  type TensorDraft,
  readInferDraft,
  requestSide,
  responseSide,
} from './infer-draft.ts'
import { inferLimits, tooManyByteStrings } from '../infer-limits.ts'
import { readContents } from './read-contents.ts'
import type { TypedTensor } from './survey-contents.ts'

const noBytes = Buffer.alloc(0)

/** A request, and the form of its contents: a client reads the answer in the same. */
export interface DecodedRequest extends InferRequest {
  /** `raw_input_contents`, or no contents at all; not those of the tensors' types. */
  isRaw: boolean
}

/** What comes on a stream: a response, or why there is none; an error may have come with names and an id. */
export interface StreamedResponse {
  error: string
  response: InferResponse
}

/**
 * Reads a `ModelInferRequest`. Data are views into `bytes` where they are aligned, elements of BYTES always. Throws
 * MalformedMessage for bytes that are none, InferenceError 400 for tensors that break the protocol: an unknown datatype,
 * sizes below 0, a name twice, raw and typed contents in one message, too few or too many of them, numbers out of range.
 */
export function decodeModelInferRequest(bytes: Buffer): DecodedRequest {
  const draft = readInferDraft(bytes, requestSide)
  const { modelName, modelVersion, id, parameters, outputs } = draft
  checkRequested(outputs)
  const inputs = readTensors(draft, requestSide)
  const isRaw = draft.raw.length > 0 || draft.tensors.every(({ contents }) => contents === undefined)
  if (outputs.length === 0) return { modelName, modelVersion, id, parameters, inputs, isRaw }
  return { modelName, modelVersion, id, parameters, inputs, isRaw, outputs }
}

/** Reads a `ModelInferResponse` and throws as `decodeModelInferRequest` does. */
export function decodeModelInferResponse(bytes: Buffer): InferResponse {
  const draft = readInferDraft(bytes, responseSide)
  const { modelName, modelVersion, id, parameters } = draft
  return { modelName, modelVersion, id, parameters, outputs: readTensors(draft, responseSide) }
}

/** Reads a `ModelStreamInferResponse`; `error` is empty when all went well. Throws as `decodeModelInferRequest` does. */
export function decodeModelStreamInferResponse(bytes: Buffer): StreamedResponse {
  const reader = new WireReader(bytes)
  let error = ''
  let response: Buffer | undefined
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) error = reader.text(key)
    else if (key >>> 3 === 2) response = joined(response, reader.bytes(key))
    else reader.skip(key)
  }
  return { error, response: decodeModelInferResponse(response ?? noBytes) }
}

/** No library writes a message in two pieces. */
function joined(before: Buffer | undefined, piece: Buffer): Buffer {
  if (before !== undefined) throw new MalformedMessage('two responses in one message')
  return piece
}

function readTensors({ tensors, raw }: InferDraft, side: InferSide): Tensor[] {
  if (raw.length > 0) refuseMixed(tensors, raw, side)
  checkNames(tensors, `${side.tensor}s`)
  const read: Tensor[] = []
  let byteStrings = 0
  for (let index = 0; index < tensors.length; index++) {
    const draft = tensors[index]!
    const tensor = readTyped(draft, index, side)
    if (tensor.datatype === 'BYTES') byteStrings += elementCount(tensor.shape)
    if (byteStrings > inferLimits.byteStrings) throw tooManyByteStrings(tensor.name)
    const data = raw.length > 0 ? readRawOf(tensor, raw[index]!) : readContents(draft.contents ?? noBytes, tensor)
    const { parameters } = draft
    const { name, datatype, shape } = tensor
    read.push(parameters === undefined ? { name, datatype, shape, data } : { name, datatype, shape, parameters, data })
  }
  return read
}

function readRawOf({ name, datatype, shape }: TypedTensor, bytes: Buffer): TensorData {
  return readRaw(datatype, shape, bytes, name)
}

function refuseMixed(tensors: readonly TensorDraft[], raw: readonly Buffer[], side: InferSide): void {
  const typed = tensors.find(({ contents }) => contents !== undefined)
  if (typed !== undefined) {
    throw new InferenceError(400, `tensor ${quote(typed.name)}: contents must not come together with ${side.rawName}`)
  }
  if (raw.length === tensors.length) return
  const found = `${raw.length} ${side.rawName} for ${tensors.length} ${side.tensor}s`
  throw new InferenceError(400, `${found}: there must be one for each`)
}

function readTyped(draft: TensorDraft, index: number, side: InferSide): TypedTensor {
  const { name, shape } = draft
  if (name === '') throw new InferenceError(400, `${side.tensor} ${index} has no name`)
  if (!shape.every((size) => size >= 0 && Number.isSafeInteger(size))) {
    throw new InferenceError(
      400,
      `tensor ${quote(name)}: the shape ${showShape(shape)} has sizes below 0 or beyond 2^53`,
    )
  }
  return { name, datatype: readDatatype(draft.datatype, name), shape }
}
