import { fromFloat32 } from '../small-float.ts'
import { writeRaw } from '../tensor-bytes.ts'
import type { Datatype } from '../tensor.ts'
import { kindOf, tagOf } from './element-text.ts'

/** Datatypes by the class of their arrays; FP16 and BF16 as bits must be named. */
const byTag: Readonly<Record<string, Datatype>> = {
  Uint8Array: 'UINT8',
  Uint8ClampedArray: 'UINT8',
  Uint16Array: 'UINT16',
  Uint32Array: 'UINT32',
  BigUint64Array: 'UINT64',
  Int8Array: 'INT8',
  Int16Array: 'INT16',
  Int32Array: 'INT32',
  BigInt64Array: 'INT64',
  Float16Array: 'FP16',
  Float32Array: 'FP32',
  Float64Array: 'FP64',
}
/** What else may be named for an array whose bytes are right as they are. */
const sameBytes: ReadonlySet<string> = new Set(['BOOL Uint8Array', 'FP16 Uint16Array', 'BF16 Uint16Array'])

/** The datatype of an array, which may be named. Throws `TypeError` when the array cannot be that. */
export function datatypeOf(array: ArrayBufferView, named: Datatype | undefined): Datatype {
  const own = ownDatatype(array)
  if (named === undefined || holds(array, named)) return named ?? own
  throw new TypeError(`its data is a ${tagOf(array)}, which is no ${named}`)
}

/** Whether an array has elements of this datatype, or numbers that are rounded to it. */
export function holds(array: ArrayBufferView, datatype: Datatype): boolean {
  const own = ownDatatype(array)
  return datatype === own || sameBytes.has(`${datatype} ${tagOf(array)}`) || narrows(datatype, own)
}

/** The raw bytes of an array that holds this datatype: a view on them, unless they are rounded. */
export function rawOf(datatype: Datatype, array: ArrayBufferView): Uint8Array {
  if (narrows(datatype, ownDatatype(array)))
    return writeRaw({ data: fromFloat32(datatype, array as Float32Array | Float64Array) })
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function ownDatatype(array: ArrayBufferView): Datatype {
  const own = byTag[tagOf(array)]
  if (own !== undefined) return own
  throw new TypeError(`its data must be a typed array or a list, not ${kindOf(array)}`)
}

/** Whether numbers are to be rounded to 16 bits. */
function narrows(named: Datatype, own: Datatype): named is 'FP16' | 'BF16' {
  return (named === 'FP16' || named === 'BF16') && (own === 'FP32' || own === 'FP64')
}
