/** What a comment of a JPEG begins with whose number tells when it was shown. */
const mark = Buffer.from('shown at ')
const markBytes = 4 + mark.length + 8

/** The picture with a time in a comment (ITU-T T.81 §B.2.4.5) behind its first marker. */
export function withTime(jpeg: Buffer, atMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(jpeg.length + markBytes)
  bytes.writeUInt16BE(0xffd8, 0)
  bytes.writeUInt16BE(0xfffe, 2)
  bytes.writeUInt16BE(markBytes - 2, 4)
  mark.copy(bytes, 6)
  bytes.writeDoubleBE(atMs, 6 + mark.length)
  jpeg.copy(bytes, 2 + markBytes, 2)
  return bytes
}

/** The time in a picture. Throws when there is none. */
export function timeOf(jpeg: Buffer): number {
  const at = jpeg.indexOf(mark)
  if (at < 0) throw new Error('the picture has no time')
  return jpeg.readDoubleBE(at + mark.length)
}
