/** Whether bytes begin as each JPEG does: with a start of image (ITU-T T.81 §B.2.1). */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0xff && bytes[1] === 0xd8
}

/** Whether bytes begin and end as a JPEG that is all there. What lies between is not looked at. */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  return isJpeg(bytes) && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9
}
