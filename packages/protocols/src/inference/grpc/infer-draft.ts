import type { Buffer } from 'node:buffer'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { WireReader } from '../../protobuf/wire-reader.ts'
import { wireType } from '../../protobuf/wire-type.ts'
import { quote } from '../show.ts'
import { InferenceError, type Parameter, type RequestedOutput } from '../tensor.ts'
import { inferLimits } from '../infer-limits.ts'
import { readParameter } from './parameters.ts'
import { countVarints, unpackNumbers } from './unpack-varints.ts'

/** How requests and responses differ; names, tensors and parameters have the same fields in both. */
export interface InferSide {
  /** For messages. */
  readonly tensor: 'input' | 'output'
  readonly rawName: string
  readonly rawField: number
  /** 0: there are none. */
  readonly outputsField: number
}

export const requestSide: InferSide = {
  tensor: 'input',
  rawName: 'raw_input_contents',
  rawField: 7,
  outputsField: 6,
}
export const responseSide: InferSide = {
  tensor: 'output',
  rawName: 'raw_output_contents',
  rawField: 6,
  outputsField: 0,
}

/** A tensor as it came: its datatype may follow its contents. */
export interface TensorDraft {
  name: string
  datatype: string
  shape: number[]
  parameters: Record<string, Parameter> | undefined
  /** `InferTensorContents`. */
  contents: Buffer | undefined
}

/** What has been read of a message. One shape, whatever it holds. */
export interface InferDraft {
  modelName: string
  modelVersion: string
  id: string
  parameters: Record<string, Parameter>
  parameterCount: number
  tensors: TensorDraft[]
  outputs: RequestedOutput[]
  raw: Buffer[]
}

/** Reads a message; contents are views into it. Throws MalformedMessage, and InferenceError 400 beyond the limits. */
export function readInferDraft(bytes: Buffer, side: InferSide): InferDraft {
  const draft: InferDraft = {
    modelName: '',
    modelVersion: '',
    id: '',
    parameters: {},
    parameterCount: 0,
    tensors: [],
    outputs: [],
    raw: [],
  }
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    const field = key >>> 3
    if (field === 1) draft.modelName = reader.interned(key)
    else if (field === 2) draft.modelVersion = reader.interned(key)
    else if (field === 3) draft.id = reader.text(key)
    else if (field === 4) readCounted(reader, key, draft.parameters, draft)
    else if (field === 5) readTensor(reader, key, draft)
    else if (field === side.rawField) readRawContents(reader, key, draft, side)
    else if (field === side.outputsField) readOutput(reader, key, draft)
    else reader.skip(key)
  }
  return draft
}

function readCounted(reader: WireReader, key: number, target: Record<string, Parameter>, draft: InferDraft): void {
  if (++draft.parameterCount > inferLimits.parameters) throw tooMany('parameters', inferLimits.parameters)
  readParameter(reader, key, target)
}

function readRawContents(reader: WireReader, key: number, draft: InferDraft, side: InferSide): void {
  if (draft.raw.length === inferLimits.tensors) throw tooMany(side.rawName, inferLimits.tensors)
  draft.raw.push(reader.bytes(key))
}

function readTensor(reader: WireReader, key: number, draft: InferDraft): void {
  if (draft.tensors.length === inferLimits.tensors) throw tooMany('tensors', inferLimits.tensors)
  const tensor: TensorDraft = { name: '', datatype: '', shape: [], parameters: undefined, contents: undefined }
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const number = field >>> 3
    if (number === 1) tensor.name = reader.interned(field)
    else if (number === 2) tensor.datatype = reader.interned(field)
    else if (number === 3) readShape(reader, field, tensor)
    else if (number === 4) readCounted(reader, field, (tensor.parameters ??= {}), draft)
    else if (number === 5) readContentsOf(reader, field, tensor)
    else reader.skip(field)
  }
  reader.leave(outer)
  draft.tensors.push(tensor)
}

function readShape(reader: WireReader, key: number, tensor: TensorDraft): void {
  if ((key & 7) === wireType.bytes) readPackedShape(reader.bytes(key), tensor)
  else tensor.shape.push(Number(reader.int64(key)))
  if (tensor.shape.length > inferLimits.dimensions) throw tooManyDimensions(tensor)
}

function readPackedShape(packed: Buffer, tensor: TensorDraft): void {
  for (let at = 0; at < packed.length; at++) if (packed[at]! >= 0x80) return readLargeShape(packed, tensor)
  if (packed.length > inferLimits.dimensions) throw tooManyDimensions(tensor)
  for (let at = 0; at < packed.length; at++) tensor.shape.push(packed[at]!)
}

/** One with sizes from 128 up, or below 0. */
function readLargeShape(packed: Buffer, tensor: TensorDraft): void {
  if (countVarints(packed) > inferLimits.dimensions) throw tooManyDimensions(tensor)
  tensor.shape.push(...unpackNumbers(packed))
}

/** A message in two pieces, which protobuf allows, is written by no library. */
function readContentsOf(reader: WireReader, key: number, tensor: TensorDraft): void {
  if (tensor.contents !== undefined) throw new MalformedMessage('the contents of a tensor in two pieces')
  tensor.contents = reader.bytes(key)
}

function readOutput(reader: WireReader, key: number, draft: InferDraft): void {
  if (draft.outputs.length === inferLimits.requestedOutputs) throw tooMany('outputs', inferLimits.requestedOutputs)
  const parameters: Record<string, Parameter> = {}
  const before = draft.parameterCount
  let name = ''
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) name = reader.interned(field)
    else if (field >>> 3 === 2) readCounted(reader, field, parameters, draft)
    else reader.skip(field)
  }
  reader.leave(outer)
  if (name === '') throw new InferenceError(400, `outputs[${draft.outputs.length}] has no name`)
  draft.outputs.push(draft.parameterCount === before ? { name } : { name, parameters })
}

function tooMany(what: string, most: number): InferenceError {
  return new InferenceError(400, `more than ${most} ${what} in one message`)
}

function tooManyDimensions(tensor: TensorDraft): InferenceError {
  return new InferenceError(400, `tensor ${quote(tensor.name)}: a shape of more than ${inferLimits.dimensions} sizes`)
}
