import type { Buffer } from 'node:buffer'

/** A decoded header block. It may be given again for the next block of the same bytes: nobody may change it. */
export interface DecodedBlock {
  /** Names and values by turns, a character of Latin-1 each byte. */
  readonly headers: readonly string[]
  /** The list went beyond a bound; `headers` has what came before. */
  readonly isTooLarge: boolean
}

const slots = 4
const slotBytes = 256

/** The last blocks that left the dynamic table as it was: the same bytes say the same while it stays as it is. */
export class BlockCache {
  readonly #bytes = new Uint8Array(slots * slotBytes)
  readonly #lengths = new Uint16Array(slots)
  readonly #blocks: (DecodedBlock | undefined)[] = Array.from({ length: slots })
  #next = 0
  /** The table's number of changes when the blocks came. */
  #changes = 0

  /** What these bytes said when the table's `changes` were the same. */
  find(block: Buffer, changes: number): DecodedBlock | undefined {
    if (changes !== this.#changes) return undefined
    for (let slot = 0; slot < slots; slot++) {
      if (this.#lengths[slot] === block.length && this.#isAt(slot, block)) return this.#blocks[slot]
    }
    return undefined
  }

  /** Keeps a block of at most 256 bytes in the place of the oldest. */
  keep(block: Buffer, changes: number, decoded: DecodedBlock): void {
    if (block.length > slotBytes) return
    if (changes !== this.#changes) this.#forget()
    this.#changes = changes
    const slot = this.#next
    this.#next = (slot + 1) % slots
    const base = slot * slotBytes
    for (let at = 0; at < block.length; at++) this.#bytes[base + at] = block[at]!
    this.#lengths[slot] = block.length
    this.#blocks[slot] = decoded
  }

  #forget(): void {
    this.#lengths.fill(0)
    this.#blocks.fill(undefined)
  }

  #isAt(slot: number, block: Buffer): boolean {
    const own = this.#bytes
    const base = slot * slotBytes
    for (let at = 0; at < block.length; at++) if (own[base + at] !== block[at]) return false
    return true
  }
}
