import { Buffer } from 'node:buffer'

/** What stands before each unit of a byte stream (ITU-T H.264 annex B). */
export const startCode = Buffer.of(0, 0, 0, 1)

const shortCode = Buffer.of(0, 0, 1)

/** The NAL units of a byte stream, as views of it; none when it has no start code. What is before the first is skipped. */
export function splitAnnexB(bytes: Buffer): Buffer[] {
  const units: Buffer[] = []
  let code = bytes.indexOf(shortCode)
  while (code >= 0) {
    const start = code + shortCode.length
    code = bytes.indexOf(shortCode, start)
    let end = code < 0 ? bytes.length : code
    // Zeros before a start code and at the end belong to no unit.
    while (end > start && bytes[end - 1] === 0) end -= 1
    if (end > start) units.push(bytes.subarray(start, end))
  }
  return units
}
