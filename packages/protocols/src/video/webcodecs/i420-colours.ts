/** How the planes of a picture say its colours. */
export interface I420Colours {
  /** ITU-R BT.601 or BT.709. */
  matrix: 'bt601' | 'bt709'
  /** Y, U and V go from 0 to 255, as those of JPEG. */
  isFull: boolean
}

/** Shares of red and blue in Y. */
const shares = { bt601: { red: 0.299, blue: 0.114 }, bt709: { red: 0.2126, blue: 0.0722 } } as const

const limitedLight = Uint8Array.from({ length: 256 }, (_, value) => Math.round(16 + (value * 219) / 255))
const limitedColour = Uint8Array.from({ length: 256 }, (_, value) => Math.round(128 + ((value - 128) * 224) / 255))

/** Puts planes of full range, of which `pixels` bytes are Y, into the limited range of video, where they are. */
export function limitRange(planes: Uint8Array, pixels: number): void {
  for (let at = 0; at < pixels; at += 1) planes[at] = limitedLight[planes[at]!]!
  for (let at = pixels; at < planes.length; at += 1) planes[at] = limitedColour[planes[at]!]!
}

/** Red, green, blue and 255 of each pixel of a picture whose planes are without padding. */
export function rgbaOfI420(
  planes: Uint8Array,
  { width, height }: { width: number; height: number },
  { matrix, isFull }: I420Colours,
): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4)
  const { red, blue } = shares[matrix]
  const green = 1 - red - blue
  const [black, light, colour] = isFull ? [0, 1, 2] : [16, 255 / 219, 510 / 224]
  const [redOfV, blueOfU] = [colour * (1 - red), colour * (1 - blue)]
  const [greenOfU, greenOfV] = [(blueOfU * blue) / green, (redOfV * red) / green]
  const columns = (width + 1) >> 1
  const uAt = width * height
  const vAt = uAt + columns * ((height + 1) >> 1)
  for (let y = 0, from = 0, to = 0; y < height; y += 1) {
    const row = (y >> 1) * columns
    for (let x = 0; x < width; x += 1, from += 1, to += 4) {
      const u = planes[uAt + row + (x >> 1)]! - 128
      const v = planes[vAt + row + (x >> 1)]! - 128
      const level = (planes[from]! - black) * light
      rgba[to] = level + redOfV * v
      rgba[to + 1] = level - greenOfU * u - greenOfV * v
      rgba[to + 2] = level + blueOfU * u
      rgba[to + 3] = 255
    }
  }
  return new Uint8Array(rgba.buffer)
}
