/** Three bytes a pixel, row by row. */
export interface Pixels {
  data: Buffer
  width: number
  height: number
}

/** Longest side that RTP/JPEG can tell of (RFC 2435 §3.1.5). */
export const longestSide = 2_040

/** The picture, no side longer than 2,040 pixels: each pixel is the mean of those in its place. A smaller one is given back as it is. */
export function scaleToFit(pixels: Pixels): Pixels {
  const factor = longestSide / Math.max(pixels.width, pixels.height)
  if (factor >= 1) return pixels
  const width = Math.max(1, Math.round(pixels.width * factor))
  const height = Math.max(1, Math.round(pixels.height * factor))
  const columns = edges(pixels.width, width)
  const rows = edges(pixels.height, height)
  const data = Buffer.allocUnsafe(width * height * 3)
  let at = 0
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at += 3) {
      writeMean(pixels, data, at, [columns[column]!, columns[column + 1]!, rows[row]!, rows[row + 1]!])
    }
  }
  return { data, width, height }
}

/** Where the places of `to` pixels begin among `from` ones, and where the last ends. */
function edges(from: number, to: number): number[] {
  return Array.from({ length: to + 1 }, (_, index) => Math.floor((index * from) / to))
}

type Area = readonly [left: number, right: number, top: number, bottom: number]

function writeMean({ data, width }: Pixels, target: Buffer, at: number, [left, right, top, bottom]: Area): void {
  let red = 0
  let green = 0
  let blue = 0
  for (let y = top; y < bottom; y++) {
    for (let from = (y * width + left) * 3; from < (y * width + right) * 3; from += 3) {
      red += data[from]!
      green += data[from + 1]!
      blue += data[from + 2]!
    }
  }
  const count = (right - left) * (bottom - top)
  target[at] = red / count + 0.5
  target[at + 1] = green / count + 0.5
  target[at + 2] = blue / count + 0.5
}
