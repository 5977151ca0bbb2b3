import { elementBytes, newArray, viewArray } from './datatype.ts'
import { elementCount } from './element-count.ts'
import { quote, showShape } from './show.ts'
import { InferenceError, type Datatype, type Tensor, type TensorData } from './tensor.ts'

// Raw form is little-endian, and so are all machines that this runs on: arrays are views, without a swap of bytes.

const lengthBytes = 4

/**
 * The elements of raw bytes: a view on them where they are aligned, otherwise a copy; elements of BYTES are always views.
 * InferenceError 400 when there are not exactly as many bytes as the shape asks for.
 */
export function readRaw(datatype: Datatype, shape: readonly number[], bytes: Uint8Array, name: string): TensorData {
  const count = elementCount(shape)
  if (datatype === 'BYTES') return readFramed(shape, count, bytes, name)
  const width = elementBytes(datatype)
  if (count * width !== bytes.length) throw wrongSize({ name, datatype, shape }, count * width, bytes.length)
  const data = viewArray(datatype, bytes.byteOffset % width === 0 ? bytes : copyOf(bytes), count)
  return datatype === 'BOOL' ? truths(data as Uint8Array) : data
}

/** The raw bytes of a tensor: a view on its data; of BYTES a new array with the length before each element. */
export function writeRaw(tensor: Pick<Tensor, 'data'>): Uint8Array {
  const { data } = tensor
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : writeFramed(data)
}

/** How many bytes `writeRaw` gives. */
export function rawSize(data: TensorData): number {
  if (ArrayBuffer.isView(data)) return data.byteLength
  let size = data.length * lengthBytes
  for (const element of data) size += element.length
  return size
}

function readFramed(shape: readonly number[], count: number, bytes: Uint8Array, name: string): Uint8Array[] {
  const tensor = { name, datatype: 'BYTES' as const, shape }
  // Before anything is allocated: a shape may claim what is not there.
  if (count * lengthBytes > bytes.length) throw wrongSize(tensor, count * lengthBytes, bytes.length, 'at least ')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const elements = Array.from<Uint8Array>({ length: count })
  let at = 0
  for (let index = 0; index < count; index++) {
    const left = bytes.length - at
    if (left < lengthBytes)
      throw cutOff(name, index, `is cut off: its length takes ${lengthBytes} bytes, but ${left} are left`)
    const length = view.getUint32(at, true)
    if (left - lengthBytes < length) {
      throw cutOff(name, index, `says that it has ${length} bytes, but ${left - lengthBytes} are left`)
    }
    at += lengthBytes
    elements[index] = bytes.subarray(at, (at += length))
  }
  if (at !== bytes.length) throw wrongSize(tensor, at, bytes.length)
  return elements
}

function writeFramed(elements: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(rawSize(elements))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const element of elements) {
    view.setUint32(at, element.length, true)
    bytes.set(element, at + lengthBytes)
    at += lengthBytes + element.length
  }
  return bytes
}

/** Not `slice`: that of a Buffer shares its memory. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** Any byte but 0 is true; what is 0 and 1 already stays a view. */
function truths(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte > 1)
  if (first === -1) return bytes
  const data = newArray('BOOL', bytes.length) as Uint8Array
  for (let index = 0; index < bytes.length; index++) data[index] = bytes[index] === 0 ? 0 : 1
  return data
}

type Described = Pick<Tensor, 'name' | 'datatype' | 'shape'>

function wrongSize(tensor: Described, expected: number, found: number, atLeast = ''): InferenceError {
  const { name, datatype, shape } = tensor
  const size = Number.isFinite(expected) ? String(expected) : 'more than 2^53'
  return new InferenceError(
    400,
    `tensor ${quote(name)}: ${datatype} of shape ${showShape(shape)} takes ${atLeast}${size} bytes, found ${found}`,
  )
}

function cutOff(name: string, index: number, problem: string): InferenceError {
  return new InferenceError(400, `tensor ${quote(name)}: element ${index} of BYTES ${problem}`)
}
