import { isUtf8, type Buffer } from 'node:buffer'
import { longestText, quote } from './show.ts'
import { InferenceError } from './tensor.ts'

/** Digits of a whole number that becomes a bigint: what takes more is no number of any datatype. */
const maxDigits = 400
/** Powers of ten that doubles hold exactly: a product or quotient of two exact numbers is rounded once. */
const exactPowers: readonly number[] = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
const maxExact = 2 ** 53
/** More than all roundings of a mantissa's digits together, as a part of the number. */
const doubt = 2 ** -44

const minus = 0x2d
const point = 0x2e

/** Reads the numbers of JSON from UTF-8 bytes, so that none of their digits is lost. */
export class JsonNumbers {
  readonly bytes: Buffer
  /** Where the next byte is read. */
  at = 0
  /** The tensor whose data is being read: errors name it. */
  tensor: string | undefined
  readonly #allowsNonFinite: boolean
  #text: string | undefined
  // Of the number that was read last: mantissa × 10^exponent, and where it begins.
  #isNegative = false
  #mantissa = 0
  #exponent = 0
  #isWhole = false
  #isNonFinite = false
  #from = 0

  /** With `allowsNonFinite` it takes NaN, Infinity and -Infinity, which Python writes. */
  constructor(bytes: Buffer, allowsNonFinite = false) {
    if (!isUtf8(bytes)) throw new InferenceError(400, 'the JSON is not UTF-8')
    this.bytes = bytes
    this.#allowsNonFinite = allowsNonFinite
  }

  /** The first byte of the next value or sign, after white space; -1 at the end. */
  peek(): number {
    const { bytes } = this
    let at = this.at
    let byte = bytes[at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]
    this.at = at
    return byte ?? -1
  }

  /** Whether the last number was NaN or infinite by name, not by its size. */
  get isNonFinite(): boolean {
    return this.#isNonFinite
  }

  /** A number as the nearest double; infinite beyond the range. */
  float64(): number {
    this.passNumber()
    return this.#isExact() ? this.#quick() : this.#slow()
  }

  /** A number as the nearest single; infinite beyond the range. */
  float32(): number {
    this.passNumber()
    if (this.#isExact()) return Math.fround(this.#quick())
    if (this.#exponent < -22 || this.#exponent > 22) return Math.fround(this.#slow())
    // More digits than doubles hold; mostly all numbers around are the same single.
    const near = this.#quick()
    const single = Math.fround(near * (1 + doubt))
    return single === Math.fround(near * (1 - doubt)) && Number.isFinite(single) ? single : Math.fround(this.#slow())
  }

  /** A whole number: a bigint beyond 2^53, undefined when it has a fraction. */
  whole(): number | bigint | undefined {
    this.passNumber()
    if (this.#exponent === 0 && this.#mantissa < maxExact) return this.#isNegative ? -this.#mantissa : this.#mantissa
    const text = this.#bounded()
    return this.#isWhole ? BigInt(text) : exactWhole(text)
  }

  /** A number in which nothing is lost: a bigint when it is written without a fraction and beyond 2^53. */
  number(): number | bigint {
    this.passNumber()
    if (this.#isWhole && this.#mantissa >= maxExact) return BigInt(this.#bounded())
    const value = this.#isExact() ? this.#quick() : this.#slow()
    if (!Number.isFinite(value)) this.fail('a number beyond the range of doubles', this.#from)
    return value
  }

  /** Goes past a word when it is next. */
  takes(word: string): boolean {
    const { bytes, at } = this
    for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return false
    this.at = at + word.length
    return true
  }

  /** InferenceError 400 that says where; `at` in bytes. */
  fail(problem: string, at = this.at): never {
    const where = at >= this.bytes.length ? 'the JSON breaks off' : `the JSON is wrong at byte ${at}`
    const what = this.tensor === undefined ? '' : `tensor ${quote(this.tensor)}: `
    throw new InferenceError(400, `${what}${where}: ${problem}`)
  }

  /** Goes past a number. The only loop over the digits of large tensors. */
  passNumber(): void {
    const { bytes } = this
    this.peek()
    let at = this.at
    this.#from = at
    let byte = bytes[at]!
    this.#isNegative = byte === minus
    if (byte === minus) byte = bytes[++at]!
    const first = at
    let mantissa = 0
    for (; byte >= 0x30 && byte <= 0x39; byte = bytes[++at]!) mantissa = mantissa * 10 + (byte - 0x30)
    if (at === first) return this.#scanNonFinite(first)
    if (bytes[first] === 0x30 && at > first + 1) this.fail('a number that begins with 0', first)
    this.#isWhole = true
    this.#isNonFinite = false
    let exponent = 0
    if (byte === point) {
      const start = ++at
      byte = bytes[at]!
      for (; byte >= 0x30 && byte <= 0x39; byte = bytes[++at]!) mantissa = mantissa * 10 + (byte - 0x30)
      if (at === start) this.fail('expected a digit', at)
      exponent = start - at
      this.#isWhole = false
    }
    this.#mantissa = mantissa
    this.#exponent = exponent
    this.at = at
    if (byte === 0x65 || byte === 0x45) this.#scanExponent()
  }

  #scanExponent(): void {
    const { bytes } = this
    let at = this.at + 1
    const isNegative = bytes[at] === minus
    if (isNegative || bytes[at] === 0x2b) at++
    const first = at
    let exponent = 0
    for (let byte = bytes[at]!; byte >= 0x30 && byte <= 0x39; byte = bytes[++at]!) {
      exponent = Math.min(exponent * 10 + (byte - 0x30), 1e9)
    }
    if (at === first) this.fail('expected a digit', at)
    this.#exponent += isNegative ? -exponent : exponent
    this.#isWhole = false
    this.at = at
  }

  /** What stands where a number should. */
  #scanNonFinite(at: number): void {
    const word = this.bytes[at] === 0x4e ? 'NaN' : 'Infinity'
    this.at = at
    if (!this.takes(word)) this.fail('expected a number', this.#from)
    if (!this.#allowsNonFinite) this.fail(`JSON has no ${word}; the binary form carries it`, this.#from)
    this.#mantissa = word === 'NaN' ? Number.NaN : Number.POSITIVE_INFINITY
    this.#exponent = 0
    this.#isWhole = false
    this.#isNonFinite = true
  }

  #isExact(): boolean {
    // 2^53 itself may be what 2^53 + 1 was rounded to.
    return this.#mantissa < maxExact && this.#exponent >= -22 && this.#exponent <= 22
  }

  #quick(): number {
    const exponent = this.#exponent
    const size = exponent < 0 ? this.#mantissa / exactPowers[-exponent]! : this.#mantissa * exactPowers[exponent]!
    return this.#isNegative ? -size : size
  }

  /** One text of all the bytes, when they are not too many for one: taking numbers from it costs less than making a text for each. */
  #slow(): number {
    if (this.bytes.length > longestText) return Number(this.bytes.toString('latin1', this.#from, this.at))
    const text = (this.#text ??= this.bytes.toString('latin1'))
    return Number(text.slice(this.#from, this.at))
  }

  #bounded(): string {
    if (this.at - this.#from > maxDigits) this.fail(`a number of more than ${maxDigits} digits`, this.#from)
    return this.bytes.toString('latin1', this.#from, this.at)
  }
}

/** The whole number that a decimal is, such as `1.50e1`; undefined when it has a fraction or cannot be any datatype's. */
function exactWhole(text: string): bigint | number | undefined {
  const [, sign, natural, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(text) ?? []
  if (natural === undefined) return undefined
  const digits = `${natural}${fraction}`.replace(/0+$/, '')
  if (/^0*$/.test(digits)) return 0
  const exponent = Number(power) + natural.length - digits.length
  if (exponent < 0 || exponent > maxDigits) return undefined
  const size = BigInt(digits) * 10n ** BigInt(exponent)
  const value = sign === '-' ? -size : size
  return BigInt.asIntN(54, value) === value ? Number(value) : value
}
