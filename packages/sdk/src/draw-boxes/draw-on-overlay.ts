import type { ReadBox } from './box.ts'
import { type Rgb, inkOn } from './colours.ts'
import { cellHeight, cellWidth, rowsOf } from './font.ts'
import type { Rect } from './overlay.ts'

/** What is drawn on: rectangles of whole pixels, clipped to the picture. */
export interface Surface {
  readonly width: number
  readonly height: number
  readonly fill: (rect: Rect, colour: Rgb) => void
}

/** Whole pixels: of a line, and of a dot of the font. */
export interface Strokes {
  readonly line: number
  readonly dot: number
}

/** Draws the frames, then the labels above them. */
export function drawOnOverlay(surface: Surface, boxes: readonly ReadBox[], strokes: Strokes): void {
  const seen = boxes.flatMap((box) => visible(surface, box))
  for (const { rect, box } of seen) drawFrame(surface, rect, { colour: box.colour, line: strokes.line })
  if (strokes.dot === 0) return
  for (const { rect, box } of seen) if (box.label !== '') drawLabel(surface, rect, box, strokes)
}

// What leaves the picture gets its line at the picture's edge: a frame is seen whole.
function visible({ width, height }: Surface, box: ReadBox): { rect: Rect; box: ReadBox }[] {
  if (box.right <= 0 || box.bottom <= 0 || box.left >= width || box.top >= height) return []
  const left = Math.min(Math.max(0, Math.round(box.left)), width - 1)
  const top = Math.min(Math.max(0, Math.round(box.top)), height - 1)
  const right = Math.max(left + 1, Math.min(width, Math.round(box.right)))
  const bottom = Math.max(top + 1, Math.min(height, Math.round(box.bottom)))
  return [{ rect: { left, top, right, bottom }, box }]
}

function drawFrame({ fill }: Surface, rect: Rect, { colour, line }: { colour: Rgb; line: number }): void {
  const { left, top, right, bottom } = rect
  const innerTop = Math.min(top + line, bottom)
  const innerBottom = Math.max(bottom - line, innerTop)
  fill({ left, right, top, bottom: innerTop }, colour)
  fill({ left, right, top: innerBottom, bottom }, colour)
  fill({ left, right: Math.min(left + line, right), top: innerTop, bottom: innerBottom }, colour)
  fill({ left: Math.max(right - line, left), right, top: innerTop, bottom: innerBottom }, colour)
}

/** Above the frame, else inside of it; moved to the left as far as it must to be read. */
function drawLabel(surface: Surface, frame: Rect, { label, colour }: ReadBox, { dot, line }: Strokes): void {
  const characters = Array.from(label.normalize('NFD').replace(/\p{Mark}/gu, ''))
  const width = (characters.length * cellWidth + 1) * dot
  const height = (cellHeight + 2) * dot
  const left = Math.max(0, Math.min(frame.left, surface.width - width))
  const top =
    frame.top >= height ? frame.top - height : Math.min(frame.top + line, Math.max(0, surface.height - height))
  surface.fill({ left, top, right: left + width, bottom: top + height }, colour)
  const ink = inkOn(colour)
  for (let index = 0; index < characters.length; index++) {
    const x = left + (index * cellWidth + 1) * dot
    if (x >= surface.width) return
    for (const rect of dotsOf(characters[index]!, dot)) {
      surface.fill(
        { left: x + rect.left, right: x + rect.right, top: top + dot + rect.top, bottom: top + dot + rect.bottom },
        ink,
      )
    }
  }
}

/** A rectangle for each run of dots in a row. */
function dotsOf(character: string, dot: number): Rect[] {
  return rowsOf(character).flatMap((bits, row) => {
    const rects: Rect[] = []
    for (let column = 0; column < cellWidth; column++) {
      const from = column
      while ((bits & (16 >> column)) !== 0) column += 1
      if (column > from) rects.push({ left: from * dot, right: column * dot, top: row * dot, bottom: (row + 1) * dot })
    }
    return rects
  })
}
