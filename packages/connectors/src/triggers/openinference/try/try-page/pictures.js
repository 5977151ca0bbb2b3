const channelCounts = [1, 3, 4]

/** Values of 0 to 255 become `value * factor + offset`. */
export const scales = { '0 to 1': [1 / 255, 0], '0 to 255': [1, 0], '-1 to 1': [2 / 255, -1], '-128 to 127': [1, -128] }

/** The names of the scales that a datatype can hold, the usual one first. */
export function scalesOf(datatype) {
  if (/^(FP|BF)/.test(datatype)) return ['0 to 1', '0 to 255', '-1 to 1']
  return [datatype === 'INT8' ? '-128 to 127' : datatype === 'BOOL' ? '0 to 1' : '0 to 255']
}

/** The ways in which a shape may be that of one picture; -1 is a free size. */
export function layoutsOf(shape) {
  if (shape.length < 3 || shape.length > 4 || (shape.length === 4 && shape[0] > 1)) return []
  const n = shape.length === 4 ? 'N' : ''
  const [a, b, c] = shape.slice(-3)
  const first = { name: `${n}CHW`, isFirst: true, channels: a, height: b, width: c }
  const last = { name: `${n}HWC`, isFirst: false, channels: c, height: a, width: b }
  return [first, last].filter(({ channels }) => channelCounts.includes(channels))
}

/** The shape of a picture in a layout. */
export function shapeOf({ name, isFirst, channels, height, width }) {
  const sizes = isFirst ? [channels, height, width] : [height, width, channels]
  return name.startsWith('N') ? [1, ...sizes] : sizes
}

/** The numbers of RGBA pixels in a layout. */
export function fromPixels(rgba, { isFirst, channels }, [factor, offset]) {
  const count = rgba.length / 4
  const values = new Float64Array(count * channels)
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const level = channels === 1 ? grey(rgba, 4 * pixel) : rgba[4 * pixel + channel]
      values[isFirst ? channel * count + pixel : pixel * channels + channel] = level * factor + offset
    }
  }
  return values
}

function grey(rgba, at) {
  return Math.round(0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2])
}

/** The layout of numbers that look like a picture, or undefined. */
export function pictureLayout(shape) {
  return layoutsOf(shape).find(({ height, width }) => Math.min(height, width) >= 8 && height * width <= 2 ** 24)
}

/** RGBA pixels of numbers from 0 to 1, -1 to 1 or 0 to 255; others are stretched. */
export function toPixels(values, { isFirst, channels, height, width }, { min, max }) {
  const count = height * width
  const [low, high] =
    min < -1 || max > 255 ? [min, max] : min < 0 ? (max > 1 ? [min, max] : [-1, 1]) : [0, max > 1 ? 255 : 1]
  const rgba = new Uint8ClampedArray(count * 4).fill(255)
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < Math.max(channels, 3); channel++) {
      const from = channels === 1 ? 0 : channel
      const value = Number(values[isFirst ? from * count + pixel : pixel * channels + from])
      rgba[4 * pixel + channel] = (255 * (value - low)) / (high - low || 1)
    }
  }
  return rgba
}
