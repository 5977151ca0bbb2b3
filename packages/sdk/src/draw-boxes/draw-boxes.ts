import { handlerBytes } from '../bytes.ts'
import type { Bytes } from '../event.ts'
import { type Box, readBox } from './box.ts'
import { type Rgb, yccOf } from './colours.ts'
import { type Strokes, drawOnOverlay } from './draw-on-overlay.ts'
import { Overlay, overlayColour } from './overlay.ts'
import { type Canvas, rewriteJpeg } from './rewrite-jpeg.ts'

/** How boxes are drawn. */
export interface DrawBoxesOptions {
  /** Of the lines, in whole pixels. Default: a 270th of the picture's height, 2 at least. */
  readonly thickness?: number | undefined
  /** Whether labels are written; default true. */
  readonly labels?: boolean | undefined
  /** Pixels of a dot of the font, which is nine dots high. Default: a 400th of the picture's height. */
  readonly fontScale?: number | undefined
}

/** What `drawBoxes` of the package's root does, without loading anything later. */
export function drawBoxes(jpeg: Bytes, boxes: readonly Box[], options: DrawBoxesOptions = {}): Bytes {
  if (!(jpeg instanceof Uint8Array)) throw new TypeError('jpeg is no Uint8Array')
  if (!Array.isArray(boxes)) throw new TypeError('boxes is no list')
  checkOptions(options)
  const read = boxes.map(readBox)
  return handlerBytes(
    rewriteJpeg(jpeg, (canvas) => {
      const { width, height } = canvas.frame
      const overlay = new Overlay(canvas.frame)
      const fill = (rect: Parameters<Overlay['fill']>[0], colour: Rgb): void =>
        overlay.fill(rect, colourOn(canvas, colour))
      drawOnOverlay({ width, height, fill }, read, strokesOf(height, options))
      return overlay
    }),
  )
}

function checkOptions({ thickness, fontScale }: DrawBoxesOptions): void {
  for (const [name, value] of Object.entries({ thickness, fontScale })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new TypeError(`${name} is ${String(value)}: it must be a whole number of pixels, 1 or more`)
    }
  }
}

function strokesOf(height: number, { thickness, labels = true, fontScale }: DrawBoxesOptions): Strokes {
  const line = thickness ?? Math.max(2, Math.round(height / 270))
  const dot = fontScale ?? Math.max(1, Math.round(height / 400))
  return { line, dot: labels ? dot : 0 }
}

function colourOn({ isRgb }: Canvas, colour: Rgb): number {
  return overlayColour(...(isRgb ? colour : yccOf(colour)))
}
