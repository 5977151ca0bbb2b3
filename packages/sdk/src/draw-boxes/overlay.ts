/** What is drawn on the picture's pixels. */
export interface Rect {
  readonly left: number
  readonly top: number
  /** Behind the last pixel. */
  readonly right: number
  readonly bottom: number
}

/** The picture's size, and its whole number of tiles. */
export interface OverlaySize {
  readonly width: number
  readonly height: number
  readonly tileColumns: number
  readonly tileRows: number
}

/** The tiles that one block covers. */
export interface BlockTiles {
  readonly tilesAcross: number
  readonly tilesDown: number
}

const painted = 0x1000000

/** A colour as `Overlay` keeps it: the samples of its components, 0 to 255 each. */
export function overlayColour(first: number, second: number, third: number): number {
  return painted | first | (second << 8) | (third << 16)
}

/** Pixels that are drawn, in tiles of 8 x 8; memory is taken for those only where something is drawn. */
export class Overlay {
  readonly #size: OverlaySize
  /** By tile: which one of those that are drawn on it is, from 1; 0 for none. */
  readonly #places: Int32Array
  #count = 0
  /** By tile that is drawn on: its pixels, rows one after another; 0 where nothing is. */
  colours = new Int32Array(64 * 256)

  constructor(size: OverlaySize) {
    this.#size = size
    this.#places = new Int32Array(size.tileColumns * size.tileRows)
  }

  /** Whether nothing is drawn at all. */
  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Whether something is drawn on these tiles. */
  touches(left: number, top: number, { tilesAcross, tilesDown }: BlockTiles): boolean {
    const { tileColumns } = this.#size
    for (let y = top; y < top + tilesDown; y++) {
      for (let x = left; x < left + tilesAcross; x++) if (this.#places[y * tileColumns + x] !== 0) return true
    }
    return false
  }

  /** Draws what of a rectangle of whole pixels is in the picture. What reaches its right or lower edge goes on into the padding. */
  fill(rect: Rect, colour: number): void {
    const { width, height, tileColumns, tileRows } = this.#size
    const left = Math.max(0, rect.left)
    const top = Math.max(0, rect.top)
    if (left >= width || top >= height) return
    const right = rect.right >= width ? tileColumns * 8 : rect.right
    const bottom = rect.bottom >= height ? tileRows * 8 : rect.bottom
    for (let y = top; y < bottom; y++) {
      const row = (y >> 3) * tileColumns
      for (let x = left; x < right;) {
        const end = Math.min(right, (x | 7) + 1)
        const start = this.#placeOf(row + (x >> 3)) + ((y & 7) << 3)
        for (; x < end; x++) this.colours[start + (x & 7)] = colour
      }
    }
  }

  /** Where the pixels of a tile are in `colours`; less than 0 for a tile that is not drawn on. */
  tileAt(column: number, row: number): number {
    return (this.#places[row * this.#size.tileColumns + column]! - 1) * 64
  }

  #placeOf(tile: number): number {
    if (this.#places[tile] === 0) {
      if (this.#count * 64 === this.colours.length) {
        const grown = new Int32Array(this.colours.length * 2)
        grown.set(this.colours)
        this.colours = grown
      }
      this.#places[tile] = ++this.#count
    }
    return (this.#places[tile]! - 1) * 64
  }
}
