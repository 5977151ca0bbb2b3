import { Buffer } from 'node:buffer'

const endOfImage = Buffer.from([0xff, 0xd9])

/**
 * Finds where a JPEG ends while it arrives (ITU-T T.81 §B.1.1): by its markers, so that the end of a thumbnail inside is
 * not taken for its own. What was looked at is not looked at again.
 */
export class JpegEnd {
  /** Of the next marker, or of where the search in the scan goes on; from the start of the image. */
  #at = 0
  #where: 'head' | 'scan' | 'lost' = 'head'

  /** For the next image. */
  reset(): void {
    this.#at = 0
    this.#where = 'head'
  }

  /**
   * The index after the image that begins at `start`, or -1 when its end has not come, or the bytes are no JPEG. The
   * bytes from `start` on must be those of the calls before, and more.
   */
  find(bytes: Buffer, start: number): number {
    while (this.#where === 'head') {
      const length = markerLength(bytes, start + this.#at)
      if (length === undefined) return -1
      const marker = bytes[start + this.#at + 1]
      this.#at += length
      if (length === 0 || (this.#at === 2 && marker !== 0xd8)) this.#where = 'lost'
      else if (marker === 0xd9) return start + this.#at
      else if (marker === 0xda) this.#where = 'scan'
    }
    return this.#where === 'scan' ? this.#findInScan(bytes, start) : -1
  }

  /** In a scan 0xff is followed by 0, or is a marker: so these two bytes are the end. */
  #findInScan(bytes: Buffer, start: number): number {
    const from = start + this.#at
    const found = from < bytes.length ? bytes.indexOf(endOfImage, from) : -1
    if (found >= 0) return found + 2
    this.#at = Math.max(this.#at, bytes.length - start - 1)
    return -1
  }
}

/** Bytes of the marker at `at` and its segment; 1 for a fill byte, 0 when there is none, undefined when more is needed. */
function markerLength(bytes: Buffer, at: number): number | undefined {
  if (at + 2 > bytes.length) return undefined
  if (bytes[at] !== 0xff) return 0
  const marker = bytes[at + 1] ?? 0
  if (marker === 0xff) return 1
  if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9)) return 2
  if (at + 4 > bytes.length) return undefined
  const length = bytes.readUInt16BE(at + 2)
  return marker === 0 || length < 2 ? 0 : 2 + length
}
