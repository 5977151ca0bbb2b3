import { BitWriter } from './bit-writer.ts'
import { BlockCoder } from './block-coder.ts'
import { BlockPainter, type ScanPart } from './block-painter.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { JpegFrame } from './jpeg-frame.ts'
import type { Overlay } from './overlay.ts'
import type { ScanBits } from './scan-bits.ts'

/** A scan (ITU-T T.81 B.2.3). */
export interface Scan {
  readonly frame: JpegFrame
  /** One, or interleaved ones. */
  readonly parts: readonly ScanPart[]
  /** Units between restart markers; 0 for none. */
  readonly restartInterval: number
}

/** A block of each unit of a scan, and where in the unit it begins. As everything here, in tiles of 8 x 8 pixels. */
interface UnitBlock {
  readonly part: ScanPart
  readonly left: number
  readonly top: number
}

interface Units {
  readonly across: number
  readonly down: number
  /** That each covers. */
  readonly tilesAcross: number
  readonly tilesDown: number
  readonly blocks: readonly UnitBlock[]
}

/** Bytes that the data of a scan have at least: a block has two codes, of one bit each. */
export function leastBytes(scan: Scan): number {
  const { across, down, blocks } = unitsOf(scan)
  return (across * down * blocks.length) / 4
}

/** Writes the data of a scan anew, with the overlay on them. Throws `JpegError` when they are damaged. */
export function rewriteScan(scan: Scan, bits: ScanBits, overlay: Overlay, output: ByteWriter): void {
  const units = unitsOf(scan)
  const { across, down, tilesAcross, tilesDown, blocks } = units
  const writer = new BitWriter(bits.end / 4 + 1_024)
  const coder = new BlockCoder(bits, writer)
  const painter = new BlockPainter(coder, overlay)
  for (let unit = 0; unit < across * down; unit++) {
    if (scan.restartInterval > 0 && unit > 0 && unit % scan.restartInterval === 0) {
      endStretch()
      output.append([0xff, 0xd0 | ((unit / scan.restartInterval - 1) & 7)])
      bits.restart()
      for (const { coding } of scan.parts) coding.dcRead = coding.dcWritten = 0
    }
    const row = (unit / across) | 0
    const column = unit - row * across
    const left = column * tilesAcross
    const top = row * tilesDown
    const isTouched = overlay.touches(left, top, units)
    for (const block of blocks) {
      const { component, coding } = block.part
      const isPainted = isTouched && overlay.touches(left + block.left, top + block.top, component)
      if (isPainted) painter.paint(block.part, left + block.left, top + block.top)
      else coder.pass(coding)
    }
  }
  endStretch()

  function endStretch(): void {
    coder.flush()
    output.appendStuffed(writer.take())
  }
}

// A component that is alone in its scan has no padding blocks, and one block in each unit (A.2.2).
function unitsOf({ frame, parts }: Scan): Units {
  if (parts.length === 1) {
    const part = parts[0]!
    const { blocksAcross, blocksDown, tilesAcross, tilesDown } = part.component
    return { across: blocksAcross, down: blocksDown, tilesAcross, tilesDown, blocks: [{ part, left: 0, top: 0 }] }
  }
  const { unitsAcross: across, unitsDown: down } = frame
  const tiles = { tilesAcross: frame.tileColumns / across, tilesDown: frame.tileRows / down }
  return { across, down, ...tiles, blocks: parts.flatMap(blocksOf) }
}

function blocksOf(part: ScanPart): UnitBlock[] {
  const { across, down, tilesAcross, tilesDown } = part.component
  return Array.from({ length: across * down }, (_, index) => ({
    part,
    left: (index % across) * tilesAcross,
    top: Math.floor(index / across) * tilesDown,
  }))
}
