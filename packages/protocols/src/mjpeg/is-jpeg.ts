/** Whether bytes begin as each JPEG does: with a start of image (ITU-T T.81 §B.2.1). */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0xff && bytes[1] === 0xd8
}

const others: readonly (readonly [name: string, start: readonly number[]])[] = [
  ['a PNG', [0x89, 0x50, 0x4e, 0x47]],
  ['a GIF', [0x47, 0x49, 0x46]],
  ['a WebP', [0x52, 0x49, 0x46, 0x46]],
  ['JSON', [0x7b]],
  ['JSON', [0x5b]],
  ['an access unit of video', [0, 0, 1]],
  ['an access unit of video', [0, 0, 0, 1]],
]

/** Why bytes are no JPEG, for who wanted to send one; undefined: they begin as one does. */
export function whyNoJpeg(bytes: Uint8Array): string | undefined {
  if (isJpeg(bytes)) return undefined
  const known = others.find(([, start]) => start.every((byte, at) => bytes[at] === byte))
  return known ? `it looks like ${known[0]}: a JPEG begins with FF D8` : 'it does not begin as a JPEG does (FF D8)'
}

/** Whether bytes begin and end as a JPEG that is all there. What lies between is not looked at. */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  return isJpeg(bytes) && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9
}
