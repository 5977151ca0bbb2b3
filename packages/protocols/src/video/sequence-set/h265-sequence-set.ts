import type { BitReader } from './bit-reader.ts'
import { type SequenceSet, shownSize } from './sequence-set.ts'

const names: Readonly<Record<number, string>> = {
  1: 'Main',
  2: 'Main 10',
  3: 'Main Still Picture',
  4: 'Range Extensions',
  5: 'High Throughput',
  9: 'Screen Content',
}
/** Compatibility, source and reserved flags between a profile and its level. */
const flagBits = 32 + 48

/** Reads a sequence parameter set of the base layer behind the unit's head (ITU-T H.265 §7.3.2.2.1). */
export function readH265Set(bits: BitReader): SequenceSet | undefined {
  bits.skip(4)
  const subLayers = bits.bits(3)
  bits.skip(1 + 2)
  const isHighTier = bits.flag()
  const profile = bits.bits(5)
  bits.skip(flagBits)
  const level = bits.bits(8)
  skipSubLayers(bits, subLayers)
  bits.unsigned()
  const format = bits.unsigned()
  const chroma = format === 3 && bits.flag() ? 0 : format
  const width = bits.unsigned()
  const height = bits.unsigned()
  const crop = { left: 0, right: 0, top: 0, bottom: 0 }
  if (bits.flag()) {
    crop.left = bits.unsigned()
    crop.right = bits.unsigned()
    crop.top = bits.unsigned()
    crop.bottom = bits.unsigned()
  }
  if (bits.isBroken || format > 3) return undefined
  const size = shownSize({ width, height, chroma, crop, rows: 1 })
  const levelName = String(Math.round(level / 3) / 10)
  return (
    size && {
      ...size,
      profile: names[profile] ?? String(profile),
      level: isHighTier ? `${levelName} High tier` : levelName,
    }
  )
}

/** ITU-T H.265 §7.3.3. */
function skipSubLayers(bits: BitReader, count: number): void {
  if (count === 0) return
  let skipped = 0
  for (let layer = 0; layer < count; layer++) {
    if (bits.flag()) skipped += 2 + 1 + 5 + flagBits
    if (bits.flag()) skipped += 8
  }
  bits.skip(2 * (8 - count) + skipped)
}
