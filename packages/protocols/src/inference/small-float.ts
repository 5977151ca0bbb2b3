/** Fraction bits and exponent bias of a 16-bit float. */
interface Format {
  fractionBits: number
  bias: number
  /** Steps in 1, for each exponent from that of the smallest normal number on. */
  steps: Float64Array
}

const formats: Readonly<Record<'FP16' | 'BF16', Format>> = {
  FP16: formatOf(10, 15),
  BF16: formatOf(7, 127),
}

const double = new Float64Array(1)
const doubleWords = new Uint32Array(double.buffer)
/** Adding it to a number from 0 to 2^51 leaves no bits for a fraction, so that the sum is rounded, to even. */
const rounder = 2 ** 52

/** The numbers of FP16 (IEEE 754 binary16) or BF16 bits; every one of them is exact. */
export function toFloat32(datatype: 'FP16' | 'BF16', bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  if (datatype === 'BF16') for (let index = 0; index < bits.length; index++) words[index] = bits[index]! << 16
  else for (let index = 0; index < bits.length; index++) words[index] = widenHalf(bits[index]!)
  return new Float32Array(words.buffer)
}

/** The nearest FP16 or BF16 bits, ties to even; infinite from half a step beyond the largest on, NaN quiet. */
export function fromFloat32(datatype: 'FP16' | 'BF16', values: Float32Array | Float64Array): Uint16Array {
  const bits = new Uint16Array(values.length)
  for (let index = 0; index < values.length; index++) bits[index] = smallFloatBits(datatype, values[index]!)
  return bits
}

/** The bits of one number, rounded once: ties to even, infinite beyond the range. */
export function smallFloatBits(datatype: 'FP16' | 'BF16', value: number): number {
  const { fractionBits, bias, steps } = formats[datatype]
  double[0] = value
  const high = doubleWords[1]!
  const sign = (high >>> 16) & 0x8000
  const infinity = (2 * bias + 1) << fractionBits
  if (Number.isNaN(value)) return sign | infinity | (1 << (fractionBits - 1))
  // Numbers below the normal ones share the smallest exponent.
  const exponent = Math.max(((high >>> 20) & 0x7ff) - 1023, 1 - bias)
  if (exponent > bias) return sign | infinity
  const count = Math.abs(value) * steps[exponent + bias - 1]! + rounder - rounder
  // The leading bit of a normal number is one step of the exponent; a carry is another.
  return sign | (((exponent + bias - 1) << fractionBits) + count)
}

function formatOf(fractionBits: number, bias: number): Format {
  const steps = Float64Array.from({ length: 2 * bias }, (_, index) => 2 ** (fractionBits - (index + 1 - bias)))
  return { fractionBits, bias, steps }
}

/** The bits of the binary32 that is the same number. */
function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f80_0000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // Subnormal: the leading one is shifted out, the exponent counts the shifts.
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}
