/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number]

/** Clear on most pictures, and apart from each other. */
const palette: readonly Rgb[] = [
  [0x2e, 0xcc, 0x40],
  [0xff, 0x41, 0x36],
  [0x00, 0x74, 0xd9],
  [0xff, 0xdc, 0x00],
  [0xff, 0x6f, 0xd8],
  [0x39, 0xdb, 0xff],
  [0xff, 0x85, 0x1b],
  [0xb1, 0x4c, 0xff],
  [0xa8, 0xff, 0x3e],
  [0xf0, 0x12, 0xbe],
  [0x00, 0xb8, 0x94],
  [0xff, 0xb3, 0x9c],
]

const black: Rgb = [0, 0, 0]
const white: Rgb = [255, 255, 255]

/** The colour of a label, always the same; a number at its end, such as a score, counts for nothing. */
export function colourOfLabel(label: string): Rgb {
  const name = label.replace(/[\s\d.,:%()#-]+$/, '')
  if (name === '') return palette[0]!
  // FNV-1a, stirred by a number that keeps the names that detectors say most often apart.
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return palette[(Math.imul(hash ^ (hash >>> 15), 7_637) >>> 16) % palette.length]!
}

/** Reads `#rrggbb` or a list of three numbers from 0 to 255; undefined for anything else. */
export function readColour(value: unknown): Rgb | undefined {
  if (typeof value === 'string') {
    const digits = /^#([\da-f]{6})$/i.exec(value)?.[1]
    if (digits === undefined) return undefined
    const bits = Number.parseInt(digits, 16)
    return [bits >> 16, (bits >> 8) & 0xff, bits & 0xff]
  }
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [red, green, blue] = value.map((part: unknown) => (isByte(part) ? Math.round(part) : undefined))
  return red === undefined || green === undefined || blue === undefined ? undefined : [red, green, blue]
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 255
}

/** Black or white, whichever is easier to read on it. */
export function inkOn(colour: Rgb): Rgb {
  return lumaOf(colour) > 140 ? black : white
}

/** The same colour in Y, Cb and Cr, 0 to 255 (JFIF). */
export function yccOf(colour: Rgb): Rgb {
  const [red, , blue] = colour
  const luma = lumaOf(colour)
  return [toByte(luma), toByte(128 + (blue - luma) * 0.564_334), toByte(128 + (red - luma) * 0.713_267)]
}

function lumaOf([red, green, blue]: Rgb): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

function toByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)))
}
