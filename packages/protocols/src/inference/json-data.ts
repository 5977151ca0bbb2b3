import { Buffer } from 'node:buffer'
import { newArray } from './datatype.ts'
import { inferLimits, tooManyByteStrings } from './infer-limits.ts'
import type { JsonReader } from './json-reader.ts'
import { quote } from './show.ts'
import { smallFloatBits } from './small-float.ts'
import { InferenceError, type Datatype, type TensorData } from './tensor.ts'

/** Elements as they stood in JSON. */
export interface JsonData {
  data: TensorData
  count: number
  /** How many items the lists have, from the outermost on; one when it is flat, none when it was a bare value. */
  sizes: readonly number[]
}

/** What is being filled. Numbers beyond the end of an array are counted and forgotten. */
interface Filling {
  readonly tensor: string
  readonly data: TensorData
  /** Of 64-bit integers: the same memory, the lower word of each first. */
  readonly words: Int32Array
  readonly capacity: number
  count: number
  readonly sizes: number[]
  /** How deep the elements lie; undefined before the first one. */
  depth: number | undefined
  readonly readElement: (reader: JsonReader, filling: Filling) => void
}

const noWords = new Int32Array(0)

/** Ranges of the integers that numbers hold, by datatype. */
const integerRanges = {
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffff_ffff],
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x8000_0000, 0x7fff_ffff],
} as const

const readers: Readonly<Record<Datatype, Filling['readElement']>> = {
  BOOL: readTruth,
  UINT8: integerReader('UINT8'),
  UINT16: integerReader('UINT16'),
  UINT32: integerReader('UINT32'),
  UINT64: longReader('UINT64'),
  INT8: integerReader('INT8'),
  INT16: integerReader('INT16'),
  INT32: integerReader('INT32'),
  INT64: longReader('INT64'),
  FP16: smallFloatReader('FP16'),
  FP32: readSingle,
  FP64: readDouble,
  BF16: smallFloatReader('BF16'),
  BYTES: readBytes,
}

/**
 * Reads the value of `data`: a list, lists in each other that are all alike, or a bare element. Room is made for `capacity` elements; more are only counted.
 * InferenceError 400 that names the tensor and the element for what its datatype cannot hold.
 */
export function readJsonData(reader: JsonReader, tensor: string, datatype: Datatype, capacity: number): JsonData {
  const data = datatype === 'BYTES' ? [] : newArray(datatype, capacity)
  const filling: Filling = {
    tensor,
    data,
    words: data instanceof BigInt64Array || data instanceof BigUint64Array ? new Int32Array(data.buffer) : noWords,
    capacity,
    count: 0,
    sizes: [],
    depth: undefined,
    readElement: readers[datatype],
  }
  reader.tensor = tensor
  if (reader.isList) readList(reader, filling, 0)
  else filling.readElement(reader, filling)
  reader.tensor = undefined
  return filling
}

function readList(reader: JsonReader, filling: Filling, level: number): void {
  if (filling.sizes.length === level) filling.sizes.push(-1)
  let size = 0
  let more = reader.firstItem('data')
  if (more && reader.isList) {
    for (; more; more = reader.nextItem()) {
      readList(reader, filling, level + 1)
      size++
    }
  } else {
    if (level !== (filling.depth ??= level)) throw ragged(filling)
    const before = filling.count
    for (; more; more = reader.nextItem()) filling.readElement(reader, filling)
    size = filling.count - before
  }
  const known = filling.sizes[level]
  if (known === -1) filling.sizes[level] = size
  else if (known !== size) throw ragged(filling)
}

function readSingle(reader: JsonReader, filling: Filling): void {
  const value = reader.float32()
  if (!Number.isFinite(value) && !reader.isNonFinite) throw wrong(filling, 'is beyond the range of FP32')
  ;(filling.data as Float32Array)[filling.count++] = value
}

function readDouble(reader: JsonReader, filling: Filling): void {
  const value = reader.float64()
  if (!Number.isFinite(value) && !reader.isNonFinite) throw wrong(filling, 'is beyond the range of FP64')
  ;(filling.data as Float64Array)[filling.count++] = value
}

function smallFloatReader(datatype: 'FP16' | 'BF16'): Filling['readElement'] {
  const infinity = smallFloatBits(datatype, Number.POSITIVE_INFINITY)
  return (reader, filling) => {
    const bits = smallFloatBits(datatype, reader.float64())
    if ((bits & 0x7fff) === infinity && !reader.isNonFinite) throw wrong(filling, `is beyond the range of ${datatype}`)
    ;(filling.data as Uint16Array)[filling.count++] = bits
  }
}

function integerReader(datatype: keyof typeof integerRanges): Filling['readElement'] {
  const [least, most] = integerRanges[datatype]
  return (reader, filling) => {
    const value = reader.whole()
    if (typeof value !== 'number' || value < least || value > most) throw noInteger(filling, datatype, value)
    ;(filling.data as Int32Array)[filling.count++] = value
  }
}

function longReader(datatype: 'INT64' | 'UINT64'): Filling['readElement'] {
  const least = datatype === 'INT64' ? Number.MIN_SAFE_INTEGER : 0
  const cut = datatype === 'INT64' ? BigInt.asIntN : BigInt.asUintN
  return (reader, filling) => {
    const value = reader.whole()
    const at = filling.count
    if (typeof value === 'number' && value >= least) {
      // Its two words: that costs less than a bigint.
      filling.words[2 * at] = value
      filling.words[2 * at + 1] = Math.floor(value / 2 ** 32)
    } else if (typeof value === 'bigint' && cut(64, value) === value) (filling.data as BigInt64Array)[at] = value
    else throw noInteger(filling, datatype, value)
    filling.count++
  }
}

/** Clients write truths as true and false, or as 1 and 0. */
function readTruth(reader: JsonReader, filling: Filling): void {
  const value = reader.takesTruth() ?? reader.whole()
  if (value !== true && value !== false && value !== 0 && value !== 1) {
    throw wrong(filling, 'must be true, false, 0 or 1')
  }
  ;(filling.data as Uint8Array)[filling.count++] = Number(value)
}

/** A string is its UTF-8 bytes; `{"b64": "…"}` is any bytes. */
function readBytes(reader: JsonReader, filling: Filling): void {
  if (++reader.byteStrings > inferLimits.byteStrings) throw tooManyByteStrings(filling.tensor)
  const bytes = reader.isObject
    ? readBase64Object(reader, filling)
    : reader.textBytes(`element ${filling.count} of BYTES`)
  if (filling.count < filling.capacity) (filling.data as Uint8Array[]).push(bytes)
  filling.count++
}

function readBase64Object(reader: JsonReader, filling: Filling): Uint8Array {
  let bytes: Uint8Array | undefined
  for (let key = reader.firstKey('an element'); key !== undefined; key = reader.nextKey()) {
    if (key !== 'b64') throw wrong(filling, 'must be a string or {"b64": "…"}')
    bytes = decodeBase64(reader.text('b64'))
    if (bytes === undefined) throw wrong(filling, 'is no valid base64')
  }
  if (bytes === undefined) throw wrong(filling, 'must be a string or {"b64": "…"}')
  return bytes
}

/** The bytes of base64 (RFC 4648 §4) with its padding; undefined when it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  // Buffer leaves out what it does not know.
  return bytes.toString('base64') === text ? bytes : undefined
}

function ragged(filling: Filling): InferenceError {
  return new InferenceError(
    400,
    `tensor ${quote(filling.tensor)}: the lists of its data differ in length or depth, at element ${filling.count}`,
  )
}

function noInteger(filling: Filling, datatype: Datatype, value: number | bigint | undefined): InferenceError {
  return wrong(filling, value === undefined ? 'must be a whole number' : `is beyond the range of ${datatype}`)
}

function wrong(filling: Filling, problem: string): InferenceError {
  return new InferenceError(400, `tensor ${quote(filling.tensor)}: element ${filling.count} ${problem}`)
}
