import type { Datatype } from '@pelton/protocols/inference'

/** How the elements of an NPY file stand in it. */
export interface NpyType {
  datatype: Datatype
  /** Bytes of one element. */
  size: number
  isBigEndian: boolean
  /** Of BYTES: byte strings, or UCS-4 text; both are filled up with zeros. */
  text?: 'bytes' | 'ucs4'
}

const numbers: Readonly<Record<string, Datatype>> = {
  b1: 'BOOL',
  u1: 'UINT8',
  u2: 'UINT16',
  u4: 'UINT32',
  u8: 'UINT64',
  i1: 'INT8',
  i2: 'INT16',
  i4: 'INT32',
  i8: 'INT64',
  f2: 'FP16',
  f4: 'FP32',
  f8: 'FP64',
}

const names = new Map(Object.entries(numbers).map(([code, datatype]) => [datatype, code]))

const refusals: Readonly<Record<string, string>> = {
  O: 'Python objects, which only Python reads; texts are saved with dtype=str or bytes',
  V: 'records or raw bytes; save one field as an array of its own',
  c: 'complex numbers, which the protocol has not',
  f: 'extended floats, which the protocol has not; save them as float64',
  M: 'dates, which the protocol has not; save them as int64',
  m: 'time spans, which the protocol has not; save them as int64',
}

/** Reads a `descr` such as `<f4` or `|S10`; a text says why the type is none of the protocol's. */
export function readNpyType(descr: string): NpyType | string {
  const [, order, kind = '', digits = ''] = /^([<>|=]?)([a-zA-Z])(\d{0,9})/.exec(descr) ?? []
  const isBigEndian = order === '>'
  const size = Number(digits)
  const datatype = numbers[kind + digits]
  if (datatype) return { datatype, size, isBigEndian }
  if (kind === 'S' || kind === 'a') return { datatype: 'BYTES', size, isBigEndian, text: 'bytes' }
  if (kind === 'U') return { datatype: 'BYTES', size: size * 4, isBigEndian, text: 'ucs4' }
  const why = refusals[kind]
  const shown = JSON.stringify(descr.slice(0, 40))
  return why === undefined ? `its type ${shown} is unknown` : `its type ${shown} is ${why}`
}

/** The `descr` of a datatype, little-endian; BF16, which NumPy has not, and BYTES have none of their own. */
export function npyDescr(datatype: Datatype): string | undefined {
  const code = names.get(datatype)
  return code && (code.endsWith('1') ? `|${code}` : `<${code}`)
}
