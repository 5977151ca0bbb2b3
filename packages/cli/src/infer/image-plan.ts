import { showShape } from './fit-shape.ts'
import type { ImageWords } from './image-words.ts'

/** What an image has to become. */
export interface ImagePlan {
  layout: 'nchw' | 'nhwc'
  channels: 'rgb' | 'bgr' | 'gray'
  /** Undefined: as the image is, or in proportion to the other one. */
  height: number | undefined
  width: number | undefined
  /** Sizes before those of the image: all 1. */
  leading: number
  /** Whether there is a size for the channels. */
  hasChannelAxis: boolean
}

/** More would be no input of a model, and too much memory. */
const maxPixels = 1 << 26

/** What an image becomes for an input of this shape, -1 being any size; a text says why it cannot. */
export function planImage(
  shape: readonly number[] | undefined,
  words: Pick<ImageWords, 'layout' | 'channels'>,
): ImagePlan | string {
  const wanted = shape ?? [1, -1, -1, -1]
  if (wanted.length === 2 && words.channels === 'gray')
    return finish(wanted, { layout: 'nhwc', hasChannelAxis: false }, words)
  if (wanted.length === 2) return `the model takes ${showShape(wanted)}: --channels gray makes that a grey image`
  if (wanted.length < 2 || wanted.length > 4) return `the model takes ${showShape(wanted)}, which is no image`
  const layout = words.layout ?? (shape === undefined ? 'nchw' : guessLayout(wanted.slice(-3)))
  if (layout === undefined) return `the model takes ${showShape(wanted)}: add --layout nchw or --layout nhwc`
  return finish(wanted, { layout, hasChannelAxis: true }, words)
}

type Frame = Pick<ImagePlan, 'layout' | 'hasChannelAxis'>

function finish(wanted: readonly number[], frame: Frame, words: Pick<ImageWords, 'channels'>): ImagePlan | string {
  const sizes = frame.hasChannelAxis ? wanted.slice(-3) : [1, ...wanted]
  const [depth, height, width] = (
    frame.layout === 'nchw' || !frame.hasChannelAxis ? sizes : [sizes[2], sizes[0], sizes[1]]
  ) as [number, number, number]
  const leading = wanted.length > 3 ? 1 : 0
  if (leading === 1 && Math.abs(wanted[0]!) !== 1) return `the model takes ${wanted[0]} images at a time`
  if (height === 0 || width === 0 || Math.abs(height * width) > maxPixels) {
    return `the model takes ${showShape(wanted)}, which is no image`
  }
  const channels = words.channels ?? (depth === 1 ? 'gray' : 'rgb')
  const fault = depthFault(depth, channels)
  if (fault !== undefined) return `${fault}, the model takes ${showShape(wanted)}`
  const sizeOf = (size: number): number | undefined => (size === -1 ? undefined : size)
  return { ...frame, channels, leading, height: sizeOf(height), width: sizeOf(width) }
}

function depthFault(depth: number, channels: ImagePlan['channels']): string | undefined {
  if (depth === -1 || depth === (channels === 'gray' ? 1 : 3)) return undefined
  if (depth === 1 || depth === 3)
    return `--channels ${channels} does not fit ${depth === 1 ? '1 channel' : '3 channels'}`
  return `an image of ${depth} channels cannot be made, only of 1 or 3`
}

/** By where the size of the channels is; undefined when that is open. */
function guessLayout([first = -1, , last = -1]: readonly number[]): ImagePlan['layout'] | undefined {
  const isDepth = (size: number): boolean => size === 1 || size === 3
  if (isDepth(first)) return 'nchw'
  if (isDepth(last)) return 'nhwc'
  if (first === -1 && last !== -1) return 'nchw'
  return last === -1 && first !== -1 ? 'nhwc' : undefined
}
