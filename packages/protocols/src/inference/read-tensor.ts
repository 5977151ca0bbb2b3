import { checkNames } from './check-names.ts'
import { elementBytes, readDatatype } from './datatype.ts'
import { checkShape, shapeOf } from './data-shape.ts'
import { elementCount } from './element-count.ts'
import { inferLimits } from './infer-limits.ts'
import { decodeBase64, readJsonData, type JsonData } from './json-data.ts'
import type { JsonReader } from './json-reader.ts'
import { readParameters } from './read-parameters.ts'
import { quote } from './show.ts'
import {
  InferenceError,
  type Datatype,
  type Parameters,
  type Tensor,
  type TensorData,
  type TensorMetadata,
} from './tensor.ts'

/** How much a tensor may leave out. */
export interface TensorRules {
  /** Answers of handlers may leave out shape and datatype, and give a bare element. */
  isLenient: boolean
  /** What they leave out. */
  declared: ReadonlyMap<string, TensorMetadata>
}

/** A tensor whose data stood in the JSON, or follows it as so many bytes. */
export type FoundTensor = Omit<Tensor, 'data'> & ({ data: TensorData } | { binarySize: number })

interface Draft {
  name: string | undefined
  datatype: Datatype | undefined
  shape: readonly number[] | undefined
  parameters: Parameters | undefined
  /** Where its data begins and ends; undefined without any. */
  range: { start: number; end: number } | undefined
  /** Its data, and what it was read as: members may come in any order, and twice. */
  read: { found: JsonData; datatype: Datatype; shape: readonly number[] | undefined } | undefined
}

/** Reads a list of tensors; names must be there and differ. InferenceError 400 says which tensor is wrong, and how. */
export function readTensors(reader: JsonReader, what: string, rules: TensorRules): FoundTensor[] {
  const tensors: FoundTensor[] = []
  for (let more = reader.firstItem(what); more; more = reader.nextItem()) {
    if (tensors.length === inferLimits.tensors) reader.fail(`more than ${inferLimits.tensors} ${what}`)
    tensors.push(readTensor(reader, `${what}[${tensors.length}]`, rules))
  }
  checkNames(tensors, what)
  return tensors
}

function readTensor(reader: JsonReader, what: string, rules: TensorRules): FoundTensor {
  const draft: Draft = {
    name: undefined,
    datatype: undefined,
    shape: undefined,
    parameters: undefined,
    range: undefined,
    read: undefined,
  }
  for (let key = reader.firstKey(what); key !== undefined; key = reader.nextKey()) {
    if (key === 'name') draft.name = reader.text(`the name of ${what}`)
    else if (key === 'datatype')
      draft.datatype = readDatatype(reader.text(`the datatype of ${what}`), draft.name ?? what)
    else if (key === 'shape') draft.shape = readShape(reader, draft.name ?? what)
    else if (key === 'parameters') draft.parameters = readParameters(reader)
    else if (key === 'data') passData(reader, draft, rules)
    else reader.skip()
  }
  return finish(reader, draft, what, rules)
}

/** Sizes from 0 on. InferenceError 400 for anything else. */
function readShape(reader: JsonReader, tensor: string): number[] {
  const shape: number[] = []
  for (let more = reader.firstItem('shape'); more; more = reader.nextItem()) {
    const size = reader.isNumber ? reader.whole() : undefined
    if (typeof size !== 'number' || size < 0) {
      throw new InferenceError(400, `tensor ${quote(tensor)}: the sizes in its shape must be whole numbers from 0 on`)
    }
    if (shape.push(size) > inferLimits.dimensions) {
      throw new InferenceError(400, `tensor ${quote(tensor)}: a shape of more than ${inferLimits.dimensions} sizes`)
    }
  }
  return shape
}

/** Reads the data when it is known as what; otherwise it is read when the tensor ends. */
function passData(reader: JsonReader, draft: Draft, rules: TensorRules): void {
  draft.read = undefined
  draft.range = undefined
  if (reader.takesNull()) return
  const start = reader.at
  const { name, datatype, shape } = draft
  if (name === undefined || datatype === undefined || shape === undefined) reader.skip()
  else draft.read = { found: readData(reader, { name, datatype, shape }, rules, reader.bytes.length), datatype, shape }
  draft.range = { start, end: reader.at }
}

type Described = Pick<Tensor, 'name' | 'datatype'> & { shape: readonly number[] | undefined }

function readData(reader: JsonReader, tensor: Described, rules: TensorRules, end: number): JsonData {
  const { name, datatype, shape } = tensor
  if (!reader.isList) {
    if (!rules.isLenient) reader.fail(`the data of tensor ${quote(name)} must be a list`)
    if (datatype === 'BYTES' && reader.isText) return readBareBase64(reader, name)
  }
  // Each element takes a byte and what parts it from the next: a shape cannot claim memory that no data fills.
  const most = Math.ceil((end - reader.at) / 2)
  const capacity = shape === undefined ? most : Math.min(elementCount(shape), most)
  const found = readJsonData(reader, name, datatype, capacity)
  if (shape !== undefined) checkShape(name, shape, found)
  return found
}

/** Instead of a list a handler may give the one element of BYTES in base64. */
function readBareBase64(reader: JsonReader, tensor: string): JsonData {
  const bytes = decodeBase64(reader.text('data'))
  if (bytes === undefined)
    throw new InferenceError(400, `tensor ${quote(tensor)}: its data is no list and no valid base64`)
  return { data: [bytes], count: 1, sizes: [] }
}

function finish(reader: JsonReader, draft: Draft, what: string, rules: TensorRules): FoundTensor {
  const { name } = draft
  if (name === undefined || name === '') throw new InferenceError(400, `${what} has no name`)
  const declared = rules.declared.get(name)
  const datatype = draft.datatype ?? declared?.datatype
  if (datatype === undefined) throw new InferenceError(400, `tensor ${quote(name)} has no datatype`)
  const { binary_data_size: binarySize, ...parameters } = draft.parameters ?? {}
  const tensor = { name, datatype, ...(Object.keys(parameters).length > 0 && { parameters }) }
  if (binarySize !== undefined) {
    return finishBinary(tensor, draft, binarySize, rules.isLenient ? (declared?.shape ?? [-1]) : undefined)
  }
  if (draft.shape === undefined && !rules.isLenient) throw new InferenceError(400, `tensor ${quote(name)} has no shape`)
  const found = finishData(reader, { name, datatype, shape: draft.shape }, draft, rules)
  return { ...tensor, shape: draft.shape ?? shapeOf(found, declared?.shape), data: dataOf(found) }
}

function finishData(reader: JsonReader, tensor: Described, draft: Draft, rules: TensorRules): JsonData {
  const { read, range } = draft
  if (read?.datatype === tensor.datatype && read.shape === tensor.shape) return read.found
  if (range === undefined) throw new InferenceError(400, `tensor ${quote(tensor.name)} has no data`)
  const after = reader.at
  reader.at = range.start
  const found = readData(reader, tensor, rules, range.end)
  reader.at = after
  return found
}

/** `declared` is the shape that may be left out. */
function finishBinary(
  tensor: Omit<Tensor, 'data' | 'shape'>,
  draft: Draft,
  size: unknown,
  declared: readonly number[] | undefined,
): FoundTensor {
  const name = quote(tensor.name)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new InferenceError(400, `tensor ${name}: binary_data_size must be a whole number from 0 on`)
  }
  if (draft.range !== undefined) throw new InferenceError(400, `tensor ${name} has both data and binary_data_size`)
  const shape = draft.shape ?? (declared && shapeOfBytes(tensor.datatype, size, declared))
  if (shape === undefined) throw new InferenceError(400, `tensor ${name} has no shape`)
  return { ...tensor, shape, binarySize: size }
}

/** Undefined for BYTES, whose elements differ. A part of an element is found when the bytes are read. */
function shapeOfBytes(datatype: Datatype, size: number, declared: readonly number[]): readonly number[] | undefined {
  const width = elementBytes(datatype)
  const count = Math.floor(size / width)
  return width === 0 ? undefined : shapeOf({ count, sizes: [count] }, declared)
}

/** The array may have more room than elements, when there was no shape. */
function dataOf({ data, count }: JsonData): TensorData {
  return data.length > count ? data.slice(0, count) : data
}
