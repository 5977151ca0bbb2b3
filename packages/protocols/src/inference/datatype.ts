import { InferenceError, type Datatype, type TensorData } from './tensor.ts'
import { quote } from './show.ts'

/** What holds the elements of all datatypes but BYTES. */
export type NumberArray = Exclude<TensorData, readonly Uint8Array[]>

interface NumberArrayType {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): NumberArray
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberArray
}

const arrayTypes: Readonly<Record<Exclude<Datatype, 'BYTES'>, NumberArrayType>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
  BF16: Uint16Array,
}

/** All datatypes, in the order of the protocol's table. */
export const datatypes: readonly Datatype[] = [...(Object.keys(arrayTypes) as Datatype[]), 'BYTES']

const byName: ReadonlyMap<string, Datatype> = new Map(datatypes.map((datatype) => [datatype, datatype]))

/** The datatype of this name, in any letter case; undefined when there is none. */
export function datatypeNamed(name: string): Datatype | undefined {
  return byName.get(name) ?? byName.get(name.toUpperCase())
}

/** The datatype of a tensor as a peer wrote it, in any letter case; InferenceError 400 for an unknown one. */
export function readDatatype(text: string, tensor: string): Datatype {
  const datatype = datatypeNamed(text)
  if (datatype !== undefined) return datatype
  throw new InferenceError(
    400,
    `tensor ${quote(tensor)}: unknown datatype ${quote(text)}; there are ${datatypes.join(', ')}`,
  )
}

/** Bytes of one element in raw form; 0 for BYTES, whose elements differ. */
export function elementBytes(datatype: Datatype): number {
  return datatype === 'BYTES' ? 0 : arrayTypes[datatype].BYTES_PER_ELEMENT
}

/** An array of zeros that holds `count` elements. */
export function newArray(datatype: Exclude<Datatype, 'BYTES'>, count: number): NumberArray {
  return new arrayTypes[datatype](count)
}

/** A view of `count` elements on bytes that are aligned for them. */
export function viewArray(datatype: Exclude<Datatype, 'BYTES'>, bytes: Uint8Array, count: number): NumberArray {
  return new arrayTypes[datatype](bytes.buffer, bytes.byteOffset, count)
}
