import { elementCount, readRaw, type Datatype, type TensorData } from '@pelton/protocols/inference'
import { readNpyHeader } from './npy-header.ts'
import { readNpyType, type NpyType } from './npy-type.ts'

/** An array as it was saved, row by row. */
export interface NpyArray {
  datatype: Datatype
  shape: readonly number[]
  data: TensorData
}

/** Reads an NPY file of numbers, truths or texts; views on `bytes` where they are aligned. `refuse` makes the error for what is none. */
export function readNpy(bytes: Buffer, refuse: (reason: string) => Error): NpyArray {
  const header = readNpyHeader(bytes)
  if (typeof header === 'string') throw refuse(header)
  const { shape, dataAt } = header
  const type = readNpyType(header.descr)
  if (typeof type === 'string') throw refuse(type)
  const raw = bytes.subarray(dataAt)
  const count = elementCount(shape)
  if (type.size === 0 && count > 0) throw refuse(`its type ${JSON.stringify(header.descr)} has no bytes`)
  const expected = count === 0 ? 0 : count * type.size
  if (raw.length !== expected) {
    const size = Number.isFinite(expected) ? String(expected) : 'more than 2^53'
    throw refuse(`its shape [${shape.join(',')}] takes ${size} bytes of data, the file has ${raw.length}`)
  }
  const data = type.text ? readTexts(raw, type, count, refuse) : readRaw(type.datatype, shape, inOrder(raw, type), '')
  return { datatype: type.datatype, shape, data: header.isFortran ? fromColumns(data, shape) : data }
}

/** Little-endian; what is not is copied, since the bytes belong to the caller. */
function inOrder(raw: Buffer, { size, isBigEndian }: NpyType): Buffer {
  if (!isBigEndian || size === 1) return raw
  const swapped = Buffer.from(raw)
  if (size === 2) return swapped.swap16()
  return size === 4 ? swapped.swap32() : swapped.swap64()
}

function readTexts(raw: Buffer, type: NpyType, count: number, refuse: (reason: string) => Error): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const element = raw.subarray(index * type.size, (index + 1) * type.size)
    return type.text === 'bytes' ? element.subarray(0, lengthOf(element, 1)) : encode(element, type, index, refuse)
  })
}

function encode(element: Buffer, type: NpyType, index: number, refuse: (reason: string) => Error): Uint8Array {
  let text = ''
  const end = lengthOf(element, 4)
  for (let at = 0; at < end; at += 4) {
    const point = type.isBigEndian ? element.readUInt32BE(at) : element.readUInt32LE(at)
    if (point > 0x10_ffff || (point >= 0xd800 && point < 0xe000)) {
      throw refuse(`element ${index} has 0x${point.toString(16)}, which is no character`)
    }
    text += String.fromCodePoint(point)
  }
  return Buffer.from(text)
}

/** Without the zeros that fill it up. */
function lengthOf(element: Buffer, width: number): number {
  let end = element.length
  while (end > 0 && element[end - 1] === 0) end--
  return Math.ceil(end / width) * width
}

/** The first index runs fastest in the file; here the last one does. */
function fromColumns(data: TensorData, shape: readonly number[]): TensorData {
  if (data.length === 0 || shape.length < 2) return data
  if (!ArrayBuffer.isView(data)) {
    const texts = Array.from<Uint8Array>({ length: data.length })
    copyColumns(data, texts, shape)
    return texts
  }
  const target = data.slice()
  // As whole numbers: floats would not keep the bits of a NaN.
  const words = wordTypes[data.BYTES_PER_ELEMENT]!
  copyColumns<number | bigint>(
    new words(data.buffer, data.byteOffset, data.length),
    new words(target.buffer, target.byteOffset, target.length),
    shape,
  )
  return target
}

const wordTypes: Readonly<Record<number, NumberArrayType>> = {
  1: Uint8Array,
  2: Uint16Array,
  4: Uint32Array,
  8: BigUint64Array,
}

interface NumberArrayType {
  new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ): { [index: number]: number | bigint; length: number }
}

function copyColumns<T>(
  from: ArrayLike<T>,
  to: { [index: number]: T; length: number },
  shape: readonly number[],
): void {
  const strides: number[] = []
  shape.reduce((stride, size) => (strides.push(stride), stride * size), 1)
  const index = shape.map(() => 0)
  for (let row = 0, at = 0; row < to.length; row++) {
    to[row] = from[at]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!
      index[axis]! += 1
      if (index[axis]! < shape[axis]!) break
      at -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}
