import sharp from 'sharp'

/** A JPEG of about so many bytes that RFC 2435 can carry, as cameras make them: noise over a slope. */
export async function pictureOf(width: number, height: number, bytes: number): Promise<Buffer> {
  const pixels = noiseOver(width, height)
  let best = Buffer.alloc(0)
  for (let quality = 10; quality <= 95; quality += 1) {
    const picture = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality, optimiseCoding: false })
      .toBuffer()
    if (Math.abs(picture.length - bytes) < Math.abs(best.length - bytes)) best = picture
    if (picture.length > bytes) break
  }
  return best
}

function noiseOver(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3)
  let state = 1
  for (let at = 0; at < pixels.length; at += 3) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    const pixel = at / 3
    const level = ((pixel % width) * 200) / width + ((state >>> 16) % 24)
    pixels.fill(Math.floor(level), at, at + 3)
  }
  return pixels
}
