import type { Buffer } from 'node:buffer'
import { WireReader } from '../../protobuf/wire-reader.ts'
import { elementBytes, newArray } from '../datatype.ts'
import type { Datatype, InferenceError, TensorData } from '../tensor.ts'
import { readRaw } from '../tensor-bytes.ts'
import { contentsField, contentsNames } from './contents-field.ts'
import { type TypedTensor, countPacked, faultyTensor, isPacked, surveyContents } from './survey-contents.ts'
import { unpack32, unpack64, unpackBools } from './unpack-varints.ts'

/**
 * The elements of an `InferTensorContents`: views where they are raw bytes, and of BYTES. InferenceError 400 for elements
 * in a list of another datatype, a number that the datatype does not hold, or another count than the shape's.
 */
export function readContents(contents: Buffer, tensor: TypedTensor): TensorData {
  const { name, datatype, shape } = tensor
  const { count, packed } = surveyContents(contents, tensor)
  if (datatype === 'BYTES') return readBytes(contents)
  if (packed !== undefined && isRawForm(packed, datatype, count)) return readRaw(datatype, shape, packed, name)
  const data = newArray(datatype, count)
  fill(contents, { tensor, data, index: 0 })
  return data
}

/** Floats always are, elements of one byte when they take one byte each. */
function isRawForm(packed: Buffer, datatype: Datatype, count: number): boolean {
  const width = elementBytes(datatype)
  return packed.length === count * width && (width === 1 || datatype === 'FP32' || datatype === 'FP64')
}

function readBytes(contents: Buffer): Uint8Array[] {
  const elements: Uint8Array[] = []
  eachPiece(contents, contentsField.BYTES, (reader, key) => {
    elements.push(reader.bytes(key))
  })
  return elements
}

/** An array that has the room for a list, and how far it is filled. */
interface Filling {
  readonly tensor: TypedTensor
  readonly data: Exclude<TensorData, readonly Uint8Array[]>
  index: number
}

function fill(contents: Buffer, filling: Filling): void {
  eachPiece(contents, contentsField[filling.tensor.datatype], (reader, key) => {
    if (!isPacked(key)) return fillOne(reader, key, filling)
    const packed = reader.bytes(key)
    fillPacked(packed, filling)
    filling.index += countPacked(packed, key >>> 3)
  })
}

function eachPiece(contents: Buffer, wanted: number, read: (reader: WireReader, key: number) => void): void {
  const reader = new WireReader(contents)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === wanted) read(reader, key)
    else reader.skip(key)
  }
}

function fillPacked(packed: Buffer, { tensor, data, index }: Filling): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) unpack64(packed, wordsOf(data), index)
  else if (data instanceof Float32Array || data instanceof Float64Array) {
    new Uint8Array(data.buffer).set(packed, index * data.BYTES_PER_ELEMENT)
  } else if (tensor.datatype === 'BOOL') unpackBools(packed, data as Uint8Array, index)
  else {
    const misfit = unpack32(packed, data, index)
    if (misfit >= 0) throw tooLarge(tensor, misfit)
  }
}

function wordsOf(data: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
}

/** One that is not packed, as some libraries write lists. */
function fillOne(reader: WireReader, key: number, filling: Filling): void {
  const { tensor, data } = filling
  const index = filling.index++
  if (data instanceof Float32Array) data[index] = reader.float(key)
  else if (data instanceof Float64Array) data[index] = reader.double(key)
  else if (data instanceof BigInt64Array) data[index] = reader.int64(key)
  else if (data instanceof BigUint64Array) data[index] = reader.uint64(key)
  else if (tensor.datatype === 'BOOL') data[index] = reader.bool(key) ? 1 : 0
  else {
    const bits = reader.int(key)
    const value = contentsField[tensor.datatype] === contentsField.INT32 ? bits : bits >>> 0
    data[index] = value
    if (data[index] !== value) throw tooLarge(tensor, index)
  }
}

function tooLarge(tensor: TypedTensor, index: number): InferenceError {
  const list = contentsNames[contentsField[tensor.datatype]]
  return faultyTensor(tensor, `element ${index} of ${list} is beyond the range of ${tensor.datatype}`)
}
