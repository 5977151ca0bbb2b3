import { damaged, JpegError, unsupported } from './jpeg-error.ts'

/** One colour component, and how it lies in the picture. */
export interface FrameComponent {
  readonly id: number
  /** 0 for the first one. */
  readonly index: number
  /** Sampling factors: its blocks in a minimum coded unit. */
  readonly across: number
  readonly down: number
  /** Pixels that one sample stands for, and tiles of 8 x 8 pixels that a block covers. */
  readonly tilesAcross: number
  readonly tilesDown: number
  /** Blocks that hold its part of the picture, without padding. */
  readonly blocksAcross: number
  readonly blocksDown: number
  readonly quantTable: number
}

/** What a frame header says (ITU-T T.81 B.2.2). */
export interface JpegFrame {
  readonly width: number
  readonly height: number
  readonly components: readonly FrameComponent[]
  /** Minimum coded units of interleaved scans, and the tiles of 8 x 8 pixels in all of them. */
  readonly unitsAcross: number
  readonly unitsDown: number
  readonly tileColumns: number
  readonly tileRows: number
}

const mostPixels = 40_000_000
const mostBlocksInUnit = 10

/** Reads the payload of a frame header. Throws for pictures that cannot be drawn on. */
export function readFrame(payload: Uint8Array, marker: number): JpegFrame {
  checkCoding(marker)
  const [precision = 0, high = 0, low = 0, wide = 0, narrow = 0, count = 0] = payload
  const height = (high << 8) | low
  const width = (wide << 8) | narrow
  if (payload.length < 6 + 3 * count || count === 0) throw damaged('its frame header is cut off')
  if (precision !== 8) throw unsupported(`its samples have ${precision} bits`)
  if (count !== 1 && count !== 3) throw unsupported(count === 4 ? 'it is CMYK' : `it has ${count} colour components`)
  if (width === 0 || height === 0) throw damaged('it says that it has no pixels')
  if (width * height > mostPixels) {
    const message = `cannot draw on this JPEG: ${width} x ${height} pixels are more than 40 million; scale it down first`
    throw new JpegError('jpeg_too_large', message)
  }
  return layOut(width, height, payload.subarray(6, 6 + 3 * count))
}

function checkCoding(marker: number): void {
  if (marker === 0xc0 || marker === 0xc1) return
  if (marker === 0xc2) throw unsupported('it is progressive')
  if (marker === 0xc3) throw unsupported('it is lossless')
  throw unsupported(marker >= 0xc9 ? 'its coding is arithmetic' : 'it is hierarchical')
}

function layOut(width: number, height: number, parts: Uint8Array): JpegFrame {
  const count = parts.length / 3
  const factors = Array.from({ length: count }, (_, index) => factorsOf(parts[index * 3 + 1]!))
  const most = { across: Math.max(...factors.map(({ across }) => across)), down: 0 }
  most.down = Math.max(...factors.map(({ down }) => down))
  const components = factors.map(({ across, down }, index) => {
    const tilesAcross = most.across / across
    const tilesDown = most.down / down
    if (!Number.isInteger(tilesAcross) || !Number.isInteger(tilesDown)) {
      throw unsupported(`its sampling is ${factors.map((factor) => `${factor.across}x${factor.down}`).join(',')}`)
    }
    return {
      id: parts[index * 3]!,
      index,
      across,
      down,
      tilesAcross,
      tilesDown,
      blocksAcross: Math.ceil(width / tilesAcross / 8),
      blocksDown: Math.ceil(height / tilesDown / 8),
      quantTable: parts[index * 3 + 2]!,
    }
  })
  const unitsAcross = Math.ceil(width / 8 / most.across)
  const unitsDown = Math.ceil(height / 8 / most.down)
  const tiles = { tileColumns: unitsAcross * most.across, tileRows: unitsDown * most.down }
  return { width, height, components, unitsAcross, unitsDown, ...tiles }
}

function factorsOf(byte: number): { across: number; down: number } {
  const across = byte >> 4
  const down = byte & 0x0f
  if (across < 1 || across > 4 || down < 1 || down > 4) throw damaged('its frame header has a wrong sampling factor')
  return { across, down }
}

/** Whether so many components fit into one unit (B.2.3). */
export function fitsUnit(components: readonly FrameComponent[]): boolean {
  return components.reduce((sum, { across, down }) => sum + across * down, 0) <= mostBlocksInUnit
}
