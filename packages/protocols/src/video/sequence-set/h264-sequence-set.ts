import type { BitReader } from './bit-reader.ts'
import { type SequenceSet, shownSize } from './sequence-set.ts'

/** Profiles whose sets tell of chroma and scaling. */
const withChroma = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244])
const names: Readonly<Record<number, string>> = {
  44: 'CAVLC 4:4:4 Intra',
  66: 'Baseline',
  77: 'Main',
  83: 'Scalable Baseline',
  86: 'Scalable High',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  118: 'Multiview High',
  122: 'High 4:2:2',
  128: 'Stereo High',
  244: 'High 4:4:4 Predictive',
}
const mostCycles = 255

/** Reads a sequence parameter set behind the unit's head (ITU-T H.264 §7.3.2.1.1). */
export function readH264Set(bits: BitReader): SequenceSet | undefined {
  const profile = bits.bits(8)
  const constraints = bits.bits(8)
  const level = bits.bits(8)
  bits.unsigned()
  const chroma = withChroma.has(profile) ? readChroma(bits) : 1
  bits.unsigned()
  skipOrderCounts(bits)
  bits.unsigned()
  bits.skip(1)
  const width = 16 * (bits.unsigned() + 1)
  const units = bits.unsigned() + 1
  const rows = bits.flag() ? 1 : 2
  bits.skip(rows === 2 ? 2 : 1)
  const crop = { left: 0, right: 0, top: 0, bottom: 0 }
  if (bits.flag()) {
    crop.left = bits.unsigned()
    crop.right = bits.unsigned()
    crop.top = bits.unsigned()
    crop.bottom = bits.unsigned()
  }
  const size = bits.isBroken ? undefined : shownSize({ width, height: 16 * rows * units, chroma, crop, rows })
  return size && { ...size, profile: profileName(profile, constraints), level: levelName(level, profile, constraints) }
}

/** The format of chroma as it counts for cropping; skips up to the scaling lists' end. */
function readChroma(bits: BitReader): number {
  const format = bits.unsigned()
  const isSeparate = format === 3 && bits.flag()
  bits.unsigned()
  bits.unsigned()
  bits.skip(1)
  if (bits.flag()) {
    const lists = format === 3 ? 12 : 8
    for (let list = 0; list < lists && !bits.isBroken; list++) {
      if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64)
    }
  }
  if (format > 3) bits.isBroken = true
  return isSeparate ? 0 : format
}

/** ITU-T H.264 §7.3.2.1.1.1: a scale of 0 means that the rest is like the last one. */
function skipScalingList(bits: BitReader, length: number): void {
  let last = 8
  for (let entry = 0; entry < length && !bits.isBroken; entry++) {
    const next = (last + bits.signed() + 256) & 0xff
    if (next === 0) return
    last = next
  }
}

function skipOrderCounts(bits: BitReader): void {
  const type = bits.unsigned()
  if (type === 0) bits.unsigned()
  if (type !== 1) return
  bits.skip(1)
  bits.signed()
  bits.signed()
  const cycles = bits.unsigned()
  if (cycles > mostCycles) bits.isBroken = true
  for (let cycle = 0; cycle < cycles && !bits.isBroken; cycle++) bits.signed()
}

/** The bits of `constraints` are the flags of set 0, 1, … from the highest on (ITU-T H.264 §A.2). */
function profileName(profile: number, constraints: number): string {
  const isConstrained = profile === 66 ? (constraints & 0x40) !== 0 : profile === 100 && (constraints & 0x0c) === 0x0c
  return `${isConstrained ? 'Constrained ' : ''}${names[profile] ?? profile}`
}

function levelName(level: number, profile: number, constraints: number): string {
  const isBelow = level === 11 && !withChroma.has(profile) && (constraints & 0x10) !== 0
  return level === 9 || isBelow ? '1b' : String(level / 10)
}
