const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)
const lowestPower = -46
/** Powers of ten from 10^-46 to 10^54. */
const powers = Float64Array.from({ length: 101 }, (_, index) => Number(`1e${index + lowestPower}`))
/** Half the step between singles, by the bits of their exponent. */
const halfSteps = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 151))
const log10Of2 = Math.log10(2)
/** The whole numbers below have nine digits at most and are exact. */
const wholeLimit = 2 ** 24
/** More than the roundings of two products, in units of the ninth digit. */
const doubt = 1e-6
/** The digits of 00 to 99. */
const pairs = Uint8Array.from(
  { length: 200 },
  (_, index) => 0x30 + (index % 2 === 0 ? Math.floor(index / 20) : (index >> 1) % 10),
)
const zero = 0x30
const point = 0x2e
const minus = 0x2d

/** Room that the longest number takes. */
export const maxSingleDigits = 24

/**
 * Writes the shortest decimal that reads back as this finite single, the nearest of those, always with a point or an exponent.
 * Gives where the next byte goes. The room of `maxSingleDigits` must be there.
 */
export function writeSingle(bytes: Uint8Array, at: number, value: number): number {
  let next = at
  single[0] = value
  if (bits[0]! >>> 31 === 1) bytes[next++] = minus
  const size = Math.abs(value)
  if (size < wholeLimit && Number.isInteger(size)) {
    next = writeNatural(bytes, next, size)
    bytes[next++] = point
    bytes[next++] = zero
    return next
  }
  const power = powerOf(size)
  const digits = shortestDigits(size, power)
  const length = digitCount(digits)
  const first = length - 1 + scale
  return first >= -5 && first < 16
    ? writePlain(bytes, next, digits, length)
    : writeScientific(bytes, next, digits, length)
}

/** Writes a whole number from 0 to 2^53; gives where the next byte goes. */
export function writeNatural(bytes: Uint8Array, at: number, value: number): number {
  if (value < 1e9) return writeDigits(bytes, at, value, digitCount(value))
  const high = Math.floor(value / 1e8)
  const next = writeNatural(bytes, at, high)
  return writeDigits(bytes, next, value - high * 1e8, 8)
}

/** The exponent of its first digit: ⌊log10⌋. */
function powerOf(size: number): number {
  // From the exponent of two it may be one too few, of a subnormal more.
  const exponent = (bits[0]! >>> 23) & 0xff
  let power = exponent === 0 ? -45 : Math.floor((exponent - 127) * log10Of2)
  while (size >= powers[power + 1 - lowestPower]!) power++
  return power
}

/** Power of ten that the last result of shortestDigits counts in. */
let scale = 0

/** The fewest digits whose decimal lies nearer to this single than to its neighbours. */
function shortestDigits(size: number, power: number): number {
  const factor = powers[8 - power - lowestPower]!
  const exponent = (bits[0]! >>> 23) & 0xff
  const half = halfSteps[exponent]!
  // Below a power of two the singles lie closer.
  const isPowerOfTwo = (bits[0]! & 0x7f_ffff) === 0 && exponent > 1
  const least = Math.floor((size - (isPowerOfTwo ? half / 2 : half)) * factor + doubt) + 1
  const most = (Math.ceil((size + half) * factor - doubt) - 1) | 0
  let unit = 1
  scale = power - 8
  for (let next = 10; Math.imul((most / next) | 0, next) >= least; next = Math.imul(next, 10)) {
    unit = next
    scale++
  }
  let digits = Math.round((size * factor) / unit)
  if (digits * unit < least) digits++
  else if (digits * unit > most) digits--
  return digits
}

/** Digits with a point among them, or zeros before or behind them. */
function writePlain(bytes: Uint8Array, at: number, digits: number, length: number): number {
  const first = length - 1 + scale
  let next = at
  if (first < 0) {
    bytes[next++] = zero
    bytes[next++] = point
    for (let zeros = -1 - first; zeros > 0; zeros--) bytes[next++] = zero
    return writeDigits(bytes, next, digits, length)
  }
  if (scale < 0) {
    // Written one place to the right, so that the whole part can move to the left of the point.
    const end = writeDigits(bytes, next + 1, digits, length)
    for (let whole = first + 1; whole > 0; whole--, next++) bytes[next] = bytes[next + 1]!
    bytes[next] = point
    return end
  }
  next = writeDigits(bytes, next, digits, length)
  for (let zeros = scale; zeros > 0; zeros--) bytes[next++] = zero
  bytes[next++] = point
  bytes[next++] = zero
  return next
}

/** Digits and the exponent of the last one. */
function writeScientific(bytes: Uint8Array, at: number, digits: number, length: number): number {
  let next = writeDigits(bytes, at, digits, length)
  bytes[next++] = 0x65
  if (scale < 0) bytes[next++] = minus
  return writeDigits(bytes, next, Math.abs(scale), scale > -10 && scale < 10 ? 1 : 2)
}

/** The last `length` digits of a whole number below 2^31. */
function writeDigits(bytes: Uint8Array, at: number, value: number, length: number): number {
  let rest = value | 0
  let place = at + length
  while (place >= at + 2) {
    const hundredth = (rest / 100) | 0
    const pair = (rest - hundredth * 100) * 2
    bytes[--place] = pairs[pair + 1]!
    bytes[--place] = pairs[pair]!
    rest = hundredth
  }
  if (place > at) bytes[at] = zero + rest
  return at + length
}

function digitCount(value: number): number {
  if (value < 1e5) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : value < 1e4 ? 4 : 5
  if (value < 1e7) return value < 1e6 ? 6 : 7
  return value < 1e8 ? 8 : value < 1e9 ? 9 : 10
}
