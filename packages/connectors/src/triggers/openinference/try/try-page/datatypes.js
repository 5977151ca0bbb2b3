/** The array for the little-endian elements of a datatype: BOOL as 0 and 1, FP16 and BF16 as their bits. */
export const arrays = {
  FP32: Float32Array,
  FP64: Float64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  BOOL: Uint8Array,
}

/** Bits of the fraction, bias of the exponent. */
const smallFloats = { FP16: [10, 15], BF16: [7, 127] }

export const isFloat = (datatype) => /^(FP|BF)/.test(datatype)

export const countOf = (shape) => shape.reduce((count, size) => count * size, 1)

export const showShape = (shape) => `[${shape.join(', ')}]`

/** The elements in raw bytes: numbers, bigints, or for BYTES a list of Uint8Array. */
export function readElements(datatype, bytes) {
  if (datatype === 'BYTES') return readStrings(bytes)
  // A copy: the bytes may lie anywhere, elements may not.
  const values = new arrays[datatype](bytes.slice().buffer)
  return smallFloats[datatype] ? Float32Array.from(values, (bits) => toNumber(datatype, bits)) : values
}

/** The raw bytes of elements; throws where one does not fit the datatype. Floats are rounded. */
export function writeElements(datatype, values) {
  if (datatype === 'BYTES') return writeStrings(values)
  const elements = toArray(datatype, values)
  if (!isFloat(datatype)) {
    const wrong = values.findIndex((value, index) => Number(value) !== Number(elements[index]))
    if (wrong >= 0) throw new Error(`${values[wrong]} is no ${datatype}`)
  }
  return new Uint8Array(elements.buffer)
}

function toArray(datatype, values) {
  if (smallFloats[datatype]) return Uint16Array.from(values, (value) => toBits(datatype, Number(value)))
  const Elements = arrays[datatype]
  if (Elements.BYTES_PER_ELEMENT < 8 || isFloat(datatype)) return Elements.from(values, Number)
  return Elements.from(values, (value) => (typeof value === 'bigint' || Number.isInteger(value) ? BigInt(value) : 0n))
}

function toNumber(datatype, bits) {
  const [width, bias] = smallFloats[datatype]
  const exponent = (bits & 0x7fff) >> width
  const fraction = bits & ((1 << width) - 1)
  const sign = bits >> 15 ? -1 : 1
  if (exponent > 2 * bias) return fraction ? NaN : sign * Infinity
  return sign * (fraction + (exponent && 1 << width)) * 2 ** (Math.max(exponent, 1) - bias - width)
}

/** The nearest, ties to even. */
function toBits(datatype, value) {
  const [width, bias] = smallFloats[datatype]
  const infinity = (2 * bias + 1) << width
  if (Number.isNaN(value)) return infinity | 1
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  const exponent = Math.max(Math.floor(Math.log2(size)), 1 - bias)
  if (exponent > bias) return sign | infinity
  // The sum has no bits left for a fraction.
  const steps = size * 2 ** (width - exponent) + 2 ** 52 - 2 ** 52
  return sign | (((exponent + bias - 1) << width) + steps)
}

function readStrings(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const strings = []
  for (let at = 0; at < bytes.length;) {
    const start = at + 4
    at = start + view.getUint32(at, true)
    strings.push(bytes.subarray(start, at))
  }
  return strings
}

function writeStrings(texts) {
  const pieces = texts.flatMap((text) => {
    const bytes = new TextEncoder().encode(text)
    return [...new Uint8Array(Uint32Array.of(bytes.length).buffer), ...bytes]
  })
  return Uint8Array.from(pieces)
}
