import { Buffer, isUtf8 } from 'node:buffer'
import { maxSingleDigits, writeNatural, writeSingle } from './float-digits.ts'
import type { JsonWriter } from './json-writer.ts'
import { longestText, quote } from './show.ts'
import { toFloat32 } from './small-float.ts'
import { InferenceError, type Tensor } from './tensor.ts'

/** Room for any number, its comma included. */
const maxNumber = maxSingleDigits + 8
const comma = 0x2c
const minus = 0x2d
const quotationMark = 0x22
const backslash = 0x5c

/**
 * Writes the elements as a flat list that loses nothing: floats always with a point or an exponent, bytes that are no UTF-8 as `{"b64": "…"}`.
 * InferenceError with `status` for NaN and infinite numbers, which JSON has not.
 */
export function writeJsonData(writer: JsonWriter, tensor: Tensor, status: number): void {
  writer.byte(0x5b)
  const start = writer.at
  writeElements(writer, tensor, status)
  // Every element has a comma behind it: the last one's place is that of the bracket.
  if (writer.at > start) writer.at--
  writer.byte(0x5d)
}

function writeElements(writer: JsonWriter, tensor: Tensor, status: number): void {
  const { datatype, data } = tensor
  if (!ArrayBuffer.isView(data)) writeTexts(writer, tensor, data, status)
  else if (datatype === 'BOOL')
    for (const element of data as Uint8Array) writer.ascii(element === 0 ? 'false,' : 'true,')
  else if (data instanceof Float32Array) writeSingles(writer, tensor, data, status)
  else if (data instanceof Float64Array) writeDoubles(writer, tensor, data, status)
  else if (datatype === 'FP16' || datatype === 'BF16') {
    writeSingles(writer, tensor, toFloat32(datatype, data as Uint16Array), status)
  } else if (data instanceof BigInt64Array || data instanceof BigUint64Array) writeLongs(writer, data)
  else for (const element of data as Int32Array) writeWhole(writer, element)
}

function writeSingles(writer: JsonWriter, tensor: Tensor, data: Float32Array, status: number): void {
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!
    if (!Number.isFinite(value)) throw notFinite(tensor, index, value, status)
    writer.reserve(maxNumber)
    const { bytes } = writer
    const at = writeSingle(bytes, writer.at, value)
    bytes[at] = comma
    writer.at = at + 1
  }
}

function writeDoubles(writer: JsonWriter, tensor: Tensor, data: Float64Array, status: number): void {
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!
    if (!Number.isFinite(value)) throw notFinite(tensor, index, value, status)
    const isWhole = Number.isInteger(value)
    if (isWhole && Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
      writer.reserve(maxNumber)
      writer.at = writeSigned(writer, value)
    } else writer.ascii(String(value))
    // From 10^21 on it has an exponent.
    writer.ascii(isWhole && Math.abs(value) < 1e21 ? '.0,' : ',')
  }
}

/** Most 64-bit integers are small: their words as numbers cost less than bigints. */
function writeLongs(writer: JsonWriter, data: BigInt64Array | BigUint64Array): void {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length * 2)
  for (let index = 0; index < data.length; index++) {
    const high = data instanceof BigInt64Array ? words[2 * index + 1]! | 0 : words[2 * index + 1]!
    if (high >= -0x20_0000 && high < 0x20_0000) writeWhole(writer, high * 2 ** 32 + words[2 * index]!)
    else writer.ascii(`${data[index]},`)
  }
}

/** A whole number of at most 2^53, and a comma. */
function writeWhole(writer: JsonWriter, value: number): void {
  writer.reserve(maxNumber)
  const at = writeSigned(writer, value)
  writer.bytes[at] = comma
  writer.at = at + 1
}

/** Gives where the next byte goes; -0 keeps its sign. */
function writeSigned(writer: JsonWriter, value: number): number {
  let { at } = writer
  if (value < 0 || Object.is(value, -0)) writer.bytes[at++] = minus
  return writeNatural(writer.bytes, at, Math.abs(value))
}

/** The elements of BYTES, each with a comma. */
function writeTexts(writer: JsonWriter, tensor: Tensor, data: readonly Uint8Array[], status: number): void {
  for (const [index, element] of data.entries()) {
    if (writePlainText(writer, element)) continue
    if (element.length > longestText) throw tooLong(tensor, index, element.length, status)
    writeText(writer, element)
  }
}

function writeText(writer: JsonWriter, element: Uint8Array): void {
  const bytes = Buffer.from(element.buffer, element.byteOffset, element.byteLength)
  if (isUtf8(bytes)) writer.json(`${JSON.stringify(bytes.toString())},`)
  else writer.json(`{"b64":"${bytes.toString('base64')}"},`)
}

/** Most texts are ASCII without anything to escape and are copied as they are; false when this one is not. */
function writePlainText(writer: JsonWriter, element: Uint8Array): boolean {
  writer.reserve(element.length + 3)
  const { bytes } = writer
  let { at } = writer
  bytes[at++] = quotationMark
  for (let index = 0; index < element.length; index++) {
    const byte = element[index]!
    if (byte < 0x20 || byte >= 0x7f || byte === quotationMark || byte === backslash) return false
    bytes[at++] = byte
  }
  bytes[at++] = quotationMark
  bytes[at++] = comma
  writer.at = at
  return true
}

function notFinite(tensor: Tensor, index: number, value: number, status: number): InferenceError {
  return new InferenceError(
    status,
    `tensor ${quote(tensor.name)}: element ${index} is ${value}, which JSON cannot carry; the binary form can`,
  )
}

function tooLong(tensor: Tensor, index: number, bytes: number, status: number): InferenceError {
  return new InferenceError(
    status,
    `tensor ${quote(tensor.name)}: element ${index} has ${bytes} bytes, more than JSON carries here; the binary form can`,
  )
}
