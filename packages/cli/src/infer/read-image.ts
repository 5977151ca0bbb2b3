import type { Datatype, Tensor } from '@pelton/protocols/inference'
import { convertElements } from './convert-elements.ts'
import type { GivenInput } from './given-inputs.ts'
import { planImage, type ImagePlan } from './image-plan.ts'
import type { ImageWords } from './image-words.ts'
import { loadSharp, type Sharp, type SharpImage } from './load-sharp.ts'

/** How an image becomes a tensor. */
export interface ImageRequest {
  input: Pick<GivenInput, 'datatype' | 'shape'>
  words: ImageWords
  /** Where `sharp` is looked for first. */
  cwd: string
  refuse(reason: string): Error
}

/** Bytes of an image, channel by channel in each pixel. */
interface Pixels {
  bytes: Uint8Array
  height: number
  width: number
  depth: number
}

/** The tensor of an image: turned upright, resized to the input, without transparency. Default datatype FP32. */
export async function readImage(file: Buffer, request: ImageRequest): Promise<Omit<Tensor, 'name'>> {
  const { input, words, refuse } = request
  const plan = planImage(input.shape, words)
  if (typeof plan === 'string') throw refuse(plan)
  const pixels = await decode(file, plan, request)
  const datatype = input.datatype ?? 'FP32'
  const values = arrange(pixels, plan, valueTable(datatype, pixels.depth, plan, request))
  return { datatype, shape: shapeOf(pixels, plan), data: convertElements({ values }, datatype, refuse) }
}

async function decode(file: Buffer, plan: ImagePlan, { words, cwd, refuse }: ImageRequest): Promise<Pixels> {
  const sharp = await loadSharp(cwd)
  const { height, width } = plan
  // In proportion where one of them is free: `fill` would leave that as it is.
  const fit = height === undefined || width === undefined ? 'cover' : words.fit
  try {
    let image = await openOpaque(sharp, file)
    if (height !== undefined || width !== undefined) {
      image = image.resize({ height, width, fit, background: '#000' })
    }
    if (plan.channels === 'gray') image = image.greyscale()
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    const depth = plan.channels === 'gray' ? 1 : 3
    return { bytes: pick(data, info.channels, depth), height: info.height, width: info.width, depth }
  } catch (error) {
    throw refuse(`the image cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Upright, in sRGB, without transparency: the colours of transparent pixels count as they are, as in other libraries. */
async function openOpaque(sharp: Sharp, file: Buffer): Promise<SharpImage> {
  const image = sharp(file).rotate().removeAlpha().toColourspace('srgb')
  const { hasAlpha } = await sharp(file).metadata()
  if (!hasAlpha) return image
  // Resizing weighs colours by their alpha, which would still be there.
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
}

/** A grey image may come with one channel where three are wanted, or with three equal ones where one is. */
function pick(data: Uint8Array, found: number, depth: number): Uint8Array {
  if (found === depth) return data
  const count = data.length / found
  return Uint8Array.from({ length: count * depth }, (_, index) => {
    const channel = Math.min(index % depth, found - 1)
    return data[Math.floor(index / depth) * found + channel]!
  })
}

/** The value of each byte, for each channel in the order of the tensor. */
function valueTable(
  datatype: Datatype,
  depth: number,
  plan: ImagePlan,
  { words, refuse }: ImageRequest,
): Float64Array[] {
  const isFloat = datatype.startsWith('FP') || datatype === 'BF16'
  const scale = words.scale ?? (isFloat ? 1 / 255 : 1)
  for (const [flag, numbers] of [
    ['--mean', words.mean],
    ['--std', words.std],
  ] as const) {
    if (numbers && numbers.length !== 1 && numbers.length !== depth) {
      throw refuse(
        `${flag} has ${numbers.length} numbers, ${plan.channels} has ${depth === 1 ? '1 channel' : `${depth} channels`}`,
      )
    }
  }
  return Array.from({ length: depth }, (_, channel) => {
    const mean = words.mean?.[channel] ?? words.mean?.[0] ?? 0
    const std = words.std?.[channel] ?? words.std?.[0] ?? 1
    return Float64Array.from({ length: 256 }, (__, byte) => {
      const value = (byte * scale - mean) / std
      return isFloat ? value : Math.round(value)
    })
  })
}

function arrange(
  { bytes, height, width, depth }: Pixels,
  plan: ImagePlan,
  tables: readonly Float64Array[],
): Float64Array {
  const values = new Float64Array(bytes.length)
  const plane = height * width
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < depth; channel++) {
      const byte = bytes[pixel * depth + (plan.channels === 'bgr' ? depth - 1 - channel : channel)]!
      values[plan.layout === 'nchw' ? channel * plane + pixel : pixel * depth + channel] = tables[channel]![byte]!
    }
  }
  return values
}

function shapeOf({ height, width, depth }: Pixels, { layout, leading, hasChannelAxis }: ImagePlan): number[] {
  const ones = Array.from<number>({ length: leading }).fill(1)
  if (!hasChannelAxis) return [...ones, height, width]
  return layout === 'nchw' ? [...ones, depth, height, width] : [...ones, height, width, depth]
}
