import type { Buffer } from 'node:buffer'
import { WireWriter } from '../../protobuf/wire-writer.ts'
import type { InferRequest, InferResponse, RequestedOutput, Tensor, TensorData } from '../tensor.ts'
import { writeRaw } from '../tensor-bytes.ts'
import { contentsField } from './contents-field.ts'
import { type InferSide, requestSide, responseSide } from './infer-draft.ts'
import { packBigInts, packNumbers } from './pack-varints.ts'
import { writeParameters } from './parameters.ts'
import type { RequestNames } from './request-names.ts'

/** How tensors are written. */
export interface ContentsForm {
  /** As raw contents, not in the lists of their types. Tensors of FP16 and BF16, which have none, make all of them raw. */
  raw: boolean
}

const writer = new WireWriter()

/** A `ModelInferResponse`; data are copied. */
export function encodeModelInferResponse(response: InferResponse, form: ContentsForm): Buffer {
  writer.start()
  writeResponse(response, form)
  return writer.finish()
}

/** A `ModelStreamInferResponse` for a request that went well. */
export function encodeModelStreamInferResponse(response: InferResponse, form: ContentsForm): Buffer {
  writer.start()
  const mark = writer.mark()
  writeResponse(response, form)
  writer.embed(2, mark)
  return writer.finish()
}

/** A `ModelStreamInferResponse` for one that failed: its id tells the client which. */
export function encodeModelStreamInferError(error: string, request: RequestNames): Buffer {
  writer.start()
  const mark = writer.mark()
  writeNames(request)
  writer.embed(2, mark)
  writer.text(1, error)
  return writer.finish()
}

/** A `ModelInferRequest`; data are copied. */
export function encodeModelInferRequest(request: InferRequest, form: ContentsForm): Buffer {
  const { inputs, outputs = [] } = request
  const isRaw = needsRaw(inputs, form)
  writer.start()
  if (isRaw) writeRawContents(requestSide, inputs)
  for (let index = outputs.length - 1; index >= 0; index--) writeRequestedOutput(outputs[index]!)
  for (let index = inputs.length - 1; index >= 0; index--) writeTensor(inputs[index]!, isRaw)
  writeParameters(writer, 4, request.parameters)
  writeNames(request)
  return writer.finish()
}

// All of it is written from the end: fields with high numbers first, lists from their last entry.

function writeResponse(response: InferResponse, form: ContentsForm): void {
  const { outputs } = response
  const isRaw = needsRaw(outputs, form)
  if (isRaw) writeRawContents(responseSide, outputs)
  for (let index = outputs.length - 1; index >= 0; index--) writeTensor(outputs[index]!, isRaw)
  writeParameters(writer, 4, response.parameters)
  writeNames(response)
}

function needsRaw(tensors: readonly Tensor[], form: ContentsForm): boolean {
  return form.raw || tensors.some(({ datatype }) => contentsField[datatype] === 0)
}

function writeNames({ id, modelVersion, modelName }: RequestNames): void {
  if (id !== '') writer.text(3, id)
  if (modelVersion !== '') writer.text(2, modelVersion)
  if (modelName !== '') writer.text(1, modelName)
}

function writeRawContents(side: InferSide, tensors: readonly Tensor[]): void {
  for (let index = tensors.length - 1; index >= 0; index--) writer.bytes(side.rawField, writeRaw(tensors[index]!))
}

function writeRequestedOutput(output: RequestedOutput): void {
  const mark = writer.mark()
  writeParameters(writer, 2, output.parameters)
  writer.text(1, output.name)
  writer.embed(requestSide.outputsField, mark)
}

function writeTensor(tensor: Tensor, isRaw: boolean): void {
  const mark = writer.mark()
  if (!isRaw) writeContents(tensor)
  writeParameters(writer, 4, tensor.parameters)
  if (tensor.shape.length > 0) writer.bytes(3, packNumbers(tensor.shape))
  writer.text(2, tensor.datatype)
  writer.text(1, tensor.name)
  writer.embed(5, mark)
}

/** An `InferTensorContents`, an empty one for no elements. */
function writeContents(tensor: Tensor): void {
  const mark = writer.mark()
  const field = contentsField[tensor.datatype]
  const { data } = tensor
  if (isList(data)) for (let index = data.length - 1; index >= 0; index--) writer.bytes(field, data[index]!)
  else if (data.length > 0) writer.bytes(field, packed(field, tensor, data))
  writer.embed(5, mark)
}

function isList(data: TensorData): data is readonly Uint8Array[] {
  return Array.isArray(data)
}

function packed(field: number, tensor: Tensor, data: Exclude<TensorData, readonly Uint8Array[]>): Uint8Array {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return packBigInts(data)
  const isNarrow = field === contentsField.INT32 || field === contentsField.UINT32
  return isNarrow ? packNumbers(data) : writeRaw(tensor)
}
