/**
 * The planes Y, U and V (4:2:0) of red, green and blue, without padding: in the limited range of ITU-R BT.601, as decoders
 * give video. Odd sizes are rounded up for U and V.
 */
export function i420OfRgb(rgb: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  const columns = (width + 1) >> 1
  const rows = (height + 1) >> 1
  const bytes = new Uint8Array(width * height + 2 * columns * rows)
  // By 2 ** 16, and by 2 ** 18 for four pixels, with the offset and the half that rounds.
  for (let to = 0, from = 0; to < width * height; to += 1, from += 3) {
    bytes[to] = (16_829 * rgb[from]! + 33_039 * rgb[from + 1]! + 6_416 * rgb[from + 2]! + 1_081_344) >> 16
  }
  let u = width * height
  let v = u + columns * rows
  for (let row = 0; row < rows; row += 1) {
    const above = row * 2 * width * 3
    // The last row and the last column of odd sizes stand for those that are not there.
    const below = row * 2 + 1 < height ? above + width * 3 : above
    for (let column = 0; column < columns; column += 1) {
      const left = column * 6
      const right = column * 2 + 1 < width ? left + 3 : left
      const [a, b, c, d] = [above + left, above + right, below + left, below + right]
      const red = rgb[a]! + rgb[b]! + rgb[c]! + rgb[d]!
      const green = rgb[a + 1]! + rgb[b + 1]! + rgb[c + 1]! + rgb[d + 1]!
      const blue = rgb[a + 2]! + rgb[b + 2]! + rgb[c + 2]! + rgb[d + 2]!
      bytes[u++] = (-9_714 * red - 19_070 * green + 28_784 * blue + 33_685_504) >> 18
      bytes[v++] = (28_784 * red - 24_103 * green - 4_681 * blue + 33_685_504) >> 18
    }
  }
  return bytes
}
