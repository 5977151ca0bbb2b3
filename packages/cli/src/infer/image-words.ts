import { errors } from '../errors.ts'
import type { InferOptions } from './infer-options.ts'

/** How images become tensors, as far as the command line says. */
export interface ImageWords {
  layout: InferOptions['layout']
  channels: InferOptions['channels']
  fit: NonNullable<InferOptions['fit']>
  /** Factor of the values 0 to 255; undefined: 1/255 for floats, 1 for integers. */
  scale: number | undefined
  /** Taken off after scaling: one number, or one a channel. */
  mean: readonly number[] | undefined
  /** Divides what is left. */
  std: readonly number[] | undefined
  /** The flags that were given. */
  flags: readonly string[]
}

const flags = ['layout', 'channels', 'fit', 'scale', 'mean', 'std'] as const

/** Reads the options of images; throws `wrong_usage`. */
export function readImageWords(options: Pick<InferOptions, (typeof flags)[number]>): ImageWords {
  const { layout, channels, fit = 'fill', scale, mean, std } = options
  return {
    layout,
    channels,
    fit,
    scale: scale === undefined ? undefined : readFactor('--scale', scale),
    mean: readNumbers('--mean', mean),
    std: readNumbers('--std', std)?.map((one) => (one === 0 ? raise('--std', 'numbers other than 0', std) : one)),
    flags: flags.filter((name) => options[name] !== undefined).map((name) => `--${name}`),
  }
}

/** A number or a fraction. */
function readFactor(flag: string, text: string): number {
  const [numerator = '', denominator = '1', ...more] = text.split('/')
  const value = readNumber(numerator) / readNumber(denominator)
  if (more.length > 0 || !Number.isFinite(value)) raise(flag, 'a number or a fraction such as 1/255', text)
  return value
}

function readNumbers(flag: string, text: string | undefined): number[] | undefined {
  const numbers = text?.split(',').map(readNumber)
  if (numbers?.every((value) => Number.isFinite(value)) === false || (numbers?.length ?? 1) > 4) {
    raise(flag, 'a number, or one for each channel such as 0.485,0.456,0.406', text)
  }
  return numbers
}

function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function raise(flag: string, expected: string, given: string | undefined): never {
  throw errors.wrong_usage({ reason: `${flag}: expected ${expected}, got ${JSON.stringify(given)}` })
}
