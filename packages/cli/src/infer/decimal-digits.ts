import { fromFloat32, type Datatype } from '@pelton/protocols/inference'

/** A finite number as `d.ddd × 10^exponent`; zero is the digit 0. */
export interface Decimal {
  isNegative: boolean
  digits: string
  exponent: number
}

/** Float datatypes, each with its own idea of how many digits tell two numbers apart. */
export type FloatType = Extract<Datatype, 'FP16' | 'BF16' | 'FP32' | 'FP64'>

const most: Readonly<Record<FloatType, number>> = { FP16: 5, BF16: 4, FP32: 9, FP64: 17 }
/** Doubles of the sizes that are printed have no more digits that count. */
const exactDigits = 60

/** The fewest digits that read back as this number of its datatype. */
export function shortestDecimal(value: number, type: FloatType): Decimal {
  if (type === 'FP64') return read(value, value.toExponential())
  for (let count = 1; count < most[type]; count++) {
    const rounded = roundedDecimal(value, count)
    if (isSame(value, valueOf(rounded), type)) return rounded
  }
  return read(value, value.toExponential(most[type] - 1))
}

/** The first `count` digits of the number itself, which may be fewer; rounded, ties to even, as NumPy does. */
export function roundedDecimal(value: number, count: number): Decimal {
  const exact = read(value, value.toExponential(exactDigits))
  const [kept, rest] = [exact.digits.slice(0, count), exact.digits.slice(count)]
  const isTie = /^50*$/.test(rest)
  const isUp = isTie ? Number(kept.at(-1)) % 2 === 1 : rest >= '5'
  if (!isUp) return { ...exact, digits: trim(kept) }
  const up = String(BigInt(kept) + 1n)
  return { ...exact, digits: trim(up), exponent: exact.exponent + (up.length > count ? 1 : 0) }
}

function valueOf({ isNegative, digits, exponent }: Decimal): number {
  return Number(`${isNegative ? '-' : ''}${digits.slice(0, 1)}.${digits.slice(1)}e${exponent}`)
}

function isSame(value: number, other: number, type: FloatType): boolean {
  if (type === 'FP16' || type === 'BF16') {
    const [one, two] = fromFloat32(type, Float64Array.of(value, other))
    return one === two
  }
  return Math.fround(other) === value
}

function read(value: number, text: string): Decimal {
  const [mantissa = '', exponent = '0'] = text.split('e')
  return {
    isNegative: value < 0 || Object.is(value, -0),
    digits: trim(mantissa.replace(/[-.]/g, '')),
    exponent: Number(exponent),
  }
}

function trim(digits: string): string {
  return digits.replace(/0+$/, '') || '0'
}
