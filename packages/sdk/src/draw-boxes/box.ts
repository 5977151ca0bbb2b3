import { type Rgb, colourOfLabel, readColour } from './colours.ts'

/** Where a box is, in pixels from the upper left corner of the picture as it is stored; fractions and what is outside are allowed. */
export type BoxPlace =
  | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  | { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }

/** What is drawn of a box beside its frame. */
export interface BoxLook {
  /** Letters, digits and signs of ASCII; accents are left out, other characters are frames. */
  readonly label?: string | undefined
  /** `#rrggbb`, or red, green and blue from 0 to 255. Default: one for each label, whatever number it ends with. */
  readonly colour?: string | readonly [red: number, green: number, blue: number] | undefined
}

/** A box: its upper left corner and its size, or two corners, as detectors tell it. */
export type Box = BoxPlace & BoxLook

/** A box as it was read. */
export interface ReadBox {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly label: string
  readonly colour: Rgb
}

/** Longer labels do not fit into any picture. */
const longestLabel = 256

/** Reads a box. Throws `TypeError` that says which box and what is wrong with it. */
export function readBox(box: Box, index: number): ReadBox {
  if (typeof box !== 'object' || box === null) throw new TypeError(`boxes[${index}] is no object`)
  const { label = '', colour } = box
  if (typeof label !== 'string') throw new TypeError(`boxes[${index}].label is no string`)
  const shown = label.slice(0, longestLabel)
  const rgb = colour === undefined ? colourOfLabel(shown) : readColour(colour)
  if (!rgb) throw new TypeError(`boxes[${index}].colour is neither '#rrggbb' nor three numbers from 0 to 255`)
  return { ...placeOf(box, index), label: shown, colour: rgb }
}

function placeOf(box: BoxPlace, index: number): Pick<ReadBox, 'left' | 'top' | 'right' | 'bottom'> {
  const isCorners = 'x1' in box
  const names = isCorners ? ['x1', 'y1', 'x2', 'y2'] : ['x', 'y', 'width', 'height']
  const values = names.map((name) => (box as unknown as Record<string, unknown>)[name])
  const wrong = values.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0)
    throw new TypeError(`boxes[${index}].${names[wrong]} is ${String(values[wrong])}, not a number of pixels`)
  const numbers = values as [number, number, number, number]
  const [left, top, third, fourth] = numbers
  const right = isCorners ? third : left + third
  const bottom = isCorners ? fourth : top + fourth
  if (right > left && bottom > top) return { left, top, right, bottom }
  const side = right > left ? 3 : 2
  const least = isCorners ? `more than ${names[side - 2]}, ${numbers[side - 2]}` : 'more than 0'
  throw new TypeError(`boxes[${index}].${names[side]} is ${numbers[side]}: it must be ${least}`)
}
