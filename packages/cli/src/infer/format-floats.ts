import { fromFloat32, toFloat32 } from '@pelton/protocols/inference'
import { roundedDecimal, shortestDecimal, type Decimal, type FloatType } from './decimal-digits.ts'

/** Digits behind the point, as NumPy's default has it. */
const precision = 8
/** From here on numbers are written with an exponent. */
const limits: Readonly<Record<FloatType, number>> = { FP16: 1e3, BF16: 1e6, FP32: 1e6, FP64: 1e8 }

/** Writes each of these floats as NumPy would in one array: aligned at the point, or all with an exponent. */
export function formatFloats(values: readonly number[], type: FloatType): string[] {
  const finite = values.filter((value) => Number.isFinite(value))
  const { texts, width } = needsExponent(finite, type) ? scientific(finite, type) : positional(finite, type)
  const isNegative = values.includes(-Infinity)
  const room = finite.length === values.length ? width : Math.max(width, isNegative ? 4 : 3)
  let next = 0
  return values.map((value) => (Number.isFinite(value) ? texts[next++]! : name(value)).padStart(room))
}

/** One float alone, such as a scalar or a score: `0.1`, `5.0`, `1e-05`. */
export function formatFloat(value: number, type: FloatType): string {
  if (!Number.isFinite(value)) return name(value)
  const size = Math.abs(value)
  const decimal = shortestDecimal(value, type)
  if (size !== 0 && (size < 1e-4 || size >= (type === 'FP64' ? 1e16 : limits[type]))) {
    const { whole, fraction, exponent } = scientificParts(decimal)
    return `${whole}${fraction === '' ? '' : `.${fraction}`}e${exponent}`
  }
  const { whole, fraction } = positionalParts(decimal)
  return `${whole}.${fraction || '0'}`
}

interface Parts {
  /** With its sign. */
  whole: string
  fraction: string
  exponent: string
}

function needsExponent(finite: readonly number[], type: FloatType): boolean {
  let least = Infinity
  let largest = 0
  for (const value of finite) {
    const size = Math.abs(value)
    if (size === 0) continue
    least = Math.min(least, size)
    largest = Math.max(largest, size)
  }
  if (largest === 0) return false
  return largest >= limits[type] || least < roundTo(type, 0.0001) || roundTo(type, largest / least) > 1000
}

/** NumPy compares in the type of the array. */
function roundTo(type: FloatType, value: number): number {
  if (type === 'FP64') return value
  if (type === 'FP32') return Math.fround(value)
  return toFloat32(type, fromFloat32(type, Float64Array.of(value)))[0]!
}

interface Aligned {
  texts: string[]
  width: number
}

function positional(values: readonly number[], type: FloatType): Aligned {
  const parts = values.map((value) => {
    const shortest = shortestDecimal(value, type)
    const most = shortest.exponent + 1 + precision
    return positionalParts(shortest.digits.length > most ? roundedDecimal(value, most) : shortest)
  })
  const right = longest(parts, 'fraction')
  const left = longest(parts, 'whole')
  const texts = parts.map(({ whole, fraction }) => `${whole.padStart(left)}.${fraction.padEnd(right)}`)
  return { texts, width: left + 1 + right }
}

/** All with as many digits as the longest needs: those of the numbers themselves. */
function scientific(values: readonly number[], type: FloatType): Aligned {
  const most = precision + 1
  const needed = values.map((value) => {
    const { length } = shortestDecimal(value, type).digits
    return length > most ? roundedDecimal(value, most).digits.length : length
  })
  const count = Math.max(...needed)
  const parts = values.map((value) => scientificParts(roundedDecimal(value, count)))
  const left = longest(parts, 'whole')
  const right = longest(parts, 'exponent')
  const texts = parts.map(({ whole, fraction, exponent }) => {
    const power = exponent.slice(1).padStart(right - 1, '0')
    return `${whole.padStart(left)}.${fraction.padEnd(count - 1, '0')}e${exponent[0]}${power}`
  })
  return { texts, width: left + 1 + (count - 1) + 1 + right }
}

function longest(parts: readonly Parts[], key: keyof Parts): number {
  return parts.reduce((most, part) => Math.max(most, part[key].length), 0)
}

function positionalParts({ isNegative, digits, exponent }: Decimal): Parts {
  const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = exponent < 0 ? '0'.repeat(-1 - exponent) + digits : digits.slice(exponent + 1)
  return { whole: (isNegative ? '-' : '') + whole, fraction: digits === '0' ? '' : fraction, exponent: '' }
}

function scientificParts({ isNegative, digits, exponent }: Decimal): Parts {
  const power = String(Math.abs(exponent)).padStart(2, '0')
  return {
    whole: (isNegative ? '-' : '') + digits.slice(0, 1),
    fraction: digits.slice(1),
    exponent: (exponent < 0 ? '-' : '+') + power,
  }
}

function name(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  return value < 0 ? '-inf' : 'inf'
}
