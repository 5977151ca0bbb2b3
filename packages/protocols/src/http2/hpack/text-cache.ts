import type { Buffer } from 'node:buffer'

const slots = 64
const slotBytes = 64

/**
 * Texts by the bytes that encode them, their length in front, so that literals which come again are not decoded again. A
 * newer one takes the place of an older: there are never more than 64, of 64 bytes each.
 */
export class TextCache {
  readonly #bytes = new Uint8Array(slots * slotBytes)
  readonly #texts: string[] = Array.from({ length: slots }, () => '')

  /** The text of these bytes, when it is kept. */
  find(bytes: Buffer, from: number, to: number): string | undefined {
    if (to - from > slotBytes) return undefined
    const own = this.#bytes
    const slot = slotOf(bytes, from, to)
    const shift = slot * slotBytes - from
    for (let at = from; at < to; at++) if (own[at + shift] !== bytes[at]) return undefined
    return this.#texts[slot]
  }

  /** Keeps the text of these bytes, if they are at most 64. */
  keep(bytes: Buffer, from: number, to: number, text: string): void {
    if (to - from > slotBytes) return
    const slot = slotOf(bytes, from, to)
    const shift = slot * slotBytes - from
    for (let at = from; at < to; at++) this.#bytes[at + shift] = bytes[at]!
    this.#texts[slot] = text
  }
}

function slotOf(bytes: Buffer, from: number, to: number): number {
  const quarter = bytes[from + ((to - from) >> 2)]!
  const middle = bytes[from + ((to - from) >> 1)]!
  return (bytes[from]! * 31 + quarter * 7 + middle * 131 + bytes[to - 1]! * 13) & (slots - 1)
}
