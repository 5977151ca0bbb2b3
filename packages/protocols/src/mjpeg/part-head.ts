import type { Buffer } from 'node:buffer'

const lineFeed = 0x0a
const lengthLine = /^content-length[ \t]*:[ \t]*(\d+)[ \t]*\r?$/i

/** Most bytes of the header lines of a part. */
const mostHeadBytes = 16 * 1024

/** Reads the header lines of a part: of interest is its length alone. */
export class PartHead {
  /** Of the body, as far as the lines say so in figures. */
  contentLength: number | undefined
  #bytes = 0

  /** For the next part. */
  reset(): void {
    this.contentLength = undefined
    this.#bytes = 0
  }

  /**
   * Reads the line that begins at `at`, and gives the index after it; undefined when its end has not come. A line ends with
   * a line feed, with or without a carriage return.
   */
  read(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(lineFeed, at)
    if (end < 0) return undefined
    this.#bytes += end + 1 - at
    // Most lines are of no interest, and making text of them costs more than all the rest.
    if ((bytes[at] ?? 0) !== 0x43 && (bytes[at] ?? 0) !== 0x63) return end + 1
    const [, figures] = lengthLine.exec(bytes.toString('latin1', at, end)) ?? []
    if (figures !== undefined) this.contentLength = Number(figures)
    return end + 1
  }

  /** Whether it is longer than it may be, with what of the next line is there. */
  isTooLong(moreBytes: number): boolean {
    return this.#bytes + moreBytes > mostHeadBytes
  }
}
