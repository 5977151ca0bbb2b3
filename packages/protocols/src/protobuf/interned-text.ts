import type { Buffer } from 'node:buffer'

const slots = 1_024
const maxBytes = 32

/** Texts by some of their bytes. A newer one takes the place of an older, so that there are never more. */
const known: string[] = Array.from({ length: slots }, () => '')

/** Where the text of these bytes would be kept; -1 for one that is empty or too long. */
export function internSlot(bytes: Buffer, from: number, to: number): number {
  const length = to - from
  if (length === 0 || length > maxBytes) return -1
  const middle = bytes[from + (length >> 1)]!
  return (length * 31 + bytes[from]! * 7 + bytes[to - 1]! * 13 + middle * 131) & (slots - 1)
}

/** The text of a slot when it is made of these bytes, a character each. */
export function internedAt(slot: number, bytes: Buffer, from: number, to: number): string | undefined {
  const text = known[slot]!
  if (text.length !== to - from) return undefined
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[from + index]) return undefined
  }
  return text
}

/** Keeps a text for the next time: one of a character each byte. */
export function keepInterned(slot: number, text: string): void {
  known[slot] = text
}
