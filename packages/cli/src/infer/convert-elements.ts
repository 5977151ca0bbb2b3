import {
  fromFloat32,
  newArray,
  toFloat32,
  type Datatype,
  type JsonValue,
  type TensorData,
} from '@pelton/protocols/inference'

/** One value as a file or the command line gave it. */
export type Element = JsonValue | Uint8Array

/** Elements in a row, with their datatype where the source told it. */
export interface Elements {
  datatype?: Datatype | undefined
  values: ArrayLike<Element>
}

/** The elements as a tensor's data. `refuse` makes the error for one that the datatype cannot hold; fractions are rounded only among floats. */
export function convertElements(given: Elements, datatype: Datatype, refuse: (reason: string) => Error): TensorData {
  if (given.datatype === datatype) return given.values as TensorData
  const values =
    given.datatype === 'FP16' || given.datatype === 'BF16' ? widen(given.datatype, given.values) : given.values
  const wrong = (index: number): Error =>
    refuse(`element ${index} is ${show(values[index])}, which ${datatype} cannot hold`)
  if (datatype === 'BYTES') return Array.from(values, (value, index) => toBytes(value) ?? raise(wrong(index)))
  if (datatype === 'FP16' || datatype === 'BF16') return toSmallFloats(datatype, values, wrong)
  const convert = converters[datatype]
  const data = newArray(datatype, values.length) as { [index: number]: number | bigint }
  for (let index = 0; index < values.length; index++) {
    data[index] = convert(values[index]!) ?? raise(wrong(index))
  }
  return data as unknown as TensorData
}

type Convert = (value: Element) => number | bigint | undefined

const converters: Readonly<Record<Exclude<Datatype, 'FP16' | 'BF16' | 'BYTES'>, Convert>> = {
  BOOL: (value) => (value === true || value === false || value === 0 || value === 1 ? Number(value) : undefined),
  UINT8: integer(0, 8),
  UINT16: integer(0, 16),
  UINT32: integer(0, 32),
  UINT64: long(BigInt.asUintN),
  INT8: integer(1, 8),
  INT16: integer(1, 16),
  INT32: integer(1, 32),
  INT64: long(BigInt.asIntN),
  FP32: (value) => float(value, Math.fround),
  FP64: (value) => float(value, Number),
}

function integer(signBits: number, bits: number): Convert {
  const least = signBits === 0 ? 0 : -(2 ** (bits - 1))
  const most = 2 ** (bits - signBits) - 1
  return (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
      ? number
      : undefined
  }
}

function long(cut: (bits: number, value: bigint) => bigint): Convert {
  return (value) => {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return undefined
    const whole = BigInt(value)
    return cut(64, whole) === whole ? whole : undefined
  }
}

/** Undefined for what is no number, or becomes infinite. */
function float(value: Element, round: (value: number) => number): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const rounded = round(Number(value))
  return Number.isFinite(rounded) || value === Infinity || value === -Infinity || Number.isNaN(value)
    ? rounded
    : undefined
}

function toSmallFloats(
  datatype: 'FP16' | 'BF16',
  values: ArrayLike<Element>,
  wrong: (index: number) => Error,
): Uint16Array {
  const doubles = Float64Array.from(values, (value, index) => float(value, Number) ?? raise(wrong(index)))
  const bits = fromFloat32(datatype, doubles)
  const infinity = datatype === 'FP16' ? 0x7c00 : 0x7f80
  const lost = bits.findIndex((one, index) => (one & 0x7fff) === infinity && Number.isFinite(doubles[index]))
  if (lost !== -1) throw wrong(lost)
  return bits
}

/** A text is its UTF-8; other bytes are `{"b64": "…"}`, as in the protocol's JSON. */
function toBytes(value: Element): Uint8Array | undefined {
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  const text = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['b64'] : undefined
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  // Buffer leaves out what it does not know.
  return bytes.toString('base64') === text ? bytes : undefined
}

function widen(datatype: 'FP16' | 'BF16', values: ArrayLike<Element>): ArrayLike<number> {
  return toFloat32(datatype, values as unknown as Uint16Array)
}

function show(value: Element | undefined): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  const text = value instanceof Uint8Array ? Buffer.from(value.subarray(0, 60)).toString() : value
  const json =
    typeof text === 'object' && text !== null ? (Array.isArray(text) ? 'a list' : 'an object') : JSON.stringify(text)
  return json.length > 60 ? `${json.slice(0, 60)}…` : json
}

function raise(error: Error): never {
  throw error
}
