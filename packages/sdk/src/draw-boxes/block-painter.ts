import type { BlockCoder } from './block-coder.ts'
import type { BlockCoding } from './block-writer.ts'
import { forwardDct, inverseDct } from './dct.ts'
import type { FrameComponent } from './jpeg-frame.ts'
import type { Overlay } from './overlay.ts'
import type { Divisors } from './jpeg-tables.ts'

/** By pixels of a sample: which sample a pixel of a block belongs to. Blocks have 32 pixels a side at most. */
const samplesOfPixels = [1, 1, 2, 3, 4].map((pixels) => Uint8Array.from({ length: 32 }, (_, at) => at / pixels))

/** A component of a scan, and how its blocks are coded. */
export interface ScanPart {
  readonly component: FrameComponent
  readonly coding: BlockCoding
  readonly divisors: Divisors
}

/** Samples are told as differences from it (ITU-T T.81 A.3.1). */
const middle = 128

/** Draws on single blocks: decodes them, changes what the overlay covers, and encodes them with the same divisors. */
export class BlockPainter {
  readonly #coder: BlockCoder
  readonly #overlay: Overlay
  readonly #block = new Float64Array(64)
  /** By sample: the sum of what is drawn on its pixels, and above 16 bits how many these are. */
  readonly #drawn = new Int32Array(64)

  constructor(coder: BlockCoder, overlay: Overlay) {
    this.#coder = coder
    this.#overlay = overlay
  }

  /** Reads the next block, whose first tile of 8 x 8 pixels this is, draws on it, and writes it. */
  paint({ component, coding, divisors }: ScanPart, left: number, top: number): void {
    const block = this.#block
    this.#coder.read(coding, block, divisors)
    inverseDct(block)
    if (component.tilesAcross * component.tilesDown === 1) this.#replace(left, top, component)
    else this.#blend(left, top, component)
    forwardDct(block)
    this.#coder.write(coding, block, divisors)
  }

  // Samples beyond 0 to 255 are kept as they are, so that what is not drawn on comes out as it was.
  #replace(left: number, top: number, { index }: FrameComponent): void {
    const { colours } = this.#overlay
    const block = this.#block
    const shift = index * 8
    const start = this.#overlay.tileAt(left, top)
    for (let sample = 0; sample < 64; sample++) {
      const colour = colours[start + sample]!
      if (colour !== 0) block[sample] = ((colour >> shift) & 0xff) - middle
    }
  }

  /** Each sample stands for several pixels: it becomes the mean of what they are then. */
  #blend(left: number, top: number, component: FrameComponent): void {
    const { tilesAcross, tilesDown } = component
    const drawn = this.#drawn.fill(0)
    for (let row = 0; row < tilesDown; row++) {
      for (let column = 0; column < tilesAcross; column++) {
        const start = this.#overlay.tileAt(left + column, top + row)
        if (start >= 0) this.#gather(start, column * 8, { top: row * 8, component })
      }
    }
    const pixels = tilesAcross * tilesDown
    const block = this.#block
    for (let sample = 0; sample < 64; sample++) {
      const count = drawn[sample]! >> 16
      if (count === 0) continue
      const sum = (drawn[sample]! & 0xffff) - middle * count
      block[sample] = (block[sample]! * (pixels - count) + sum) / pixels
    }
  }

  #gather(start: number, left: number, { top, component }: { top: number; component: FrameComponent }): void {
    const { colours } = this.#overlay
    const drawn = this.#drawn
    const columns = samplesOfPixels[component.tilesAcross]!
    const rows = samplesOfPixels[component.tilesDown]!
    const shift = component.index * 8
    for (let pixel = 0; pixel < 64; pixel++) {
      const colour = colours[start + pixel]!
      if (colour === 0) continue
      const sample = rows[top + (pixel >> 3)]! * 8 + columns[left + (pixel & 7)]!
      drawn[sample]! += 0x10000 | ((colour >> shift) & 0xff)
    }
  }
}
