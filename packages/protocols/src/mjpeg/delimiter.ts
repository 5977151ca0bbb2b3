import { Buffer } from 'node:buffer'

const hyphen = 0x2d
const lineFeed = 0x0a
const carriageReturn = 0x0d
/** What a delimiter may be followed by: the end of its line, padding, the hyphens of a last one. RFC 2046 §5.1.1. */
const followers = new Set([lineFeed, carriageReturn, hyphen, 0x20, 0x09])

/** Most bytes between a part's body and the delimiter that ends it: line ends, and hyphens that the boundary has of its own. */
const mostBetween = 6

/** The line between two parts, as it is looked for. */
export class Delimiter {
  readonly boundary: string
  readonly #needle: Buffer

  /**
   * Cameras that name a boundary with its two hyphens send them once or twice: what they named is in both. `line` is what
   * stands between the parts where it is known to be something else.
   */
  constructor(boundary: string, line = boundary.startsWith('--') ? boundary : `--${boundary}`) {
    this.boundary = boundary
    // A picture may have a few letters in it: without hyphens only the begin of a line counts.
    this.#needle = Buffer.from(line.startsWith('--') ? line : `\n${line}`, 'latin1')
  }

  get length(): number {
    return this.#needle.length
  }

  /** With what may stand between it and the body before it. */
  get mostLength(): number {
    return this.#needle.length + mostBetween
  }

  /** Index of the first delimiter from `from` on, or -1. One that ends with the bytes is none yet. */
  find(bytes: Buffer, from: number): number {
    let at = from < bytes.length ? bytes.indexOf(this.#needle, from) : -1
    while (at >= 0 && !followers.has(bytes[at + this.#needle.length] ?? -1)) at = bytes.indexOf(this.#needle, at + 1)
    return at
  }

  /**
   * Where the delimiter begins that follows a body which ends at `from`: at most line ends stand between them. -1 when
   * something else follows, undefined when more is needed to know.
   */
  findAfter(bytes: Buffer, from: number): number | undefined {
    for (let at = from; at <= from + mostBetween; at += 1) {
      const seen = bytes.subarray(at, at + this.#needle.length)
      if (this.#needle.subarray(0, seen.length).equals(seen)) {
        const follower = bytes[at + this.#needle.length]
        if (follower === undefined) return undefined
        if (followers.has(follower)) return at
      }
      if (!isBetween(bytes[at] ?? -1)) return -1
    }
    return -1
  }

  /** Where the body ends before a delimiter at `at`: its line end and its own further hyphens are not part of it. */
  trim(bytes: Buffer, from: number, at: number): number {
    let end = at
    while (end > from && end > at - 2 && bytes[end - 1] === hyphen) end -= 1
    if (end > from && bytes[end - 1] === lineFeed) end -= 1
    if (end > from && bytes[end - 1] === carriageReturn) end -= 1
    return end
  }
}

function isBetween(byte: number): boolean {
  return byte === lineFeed || byte === carriageReturn || byte === hyphen
}
