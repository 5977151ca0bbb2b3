import type { UnitRules } from './access-unit-builder.ts'

/** Types of NAL units and of packets (ITU-T H.264 table 7-1, RFC 6184 §5.2). */
export const h264Types = { idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9, stapA: 24, fuA: 28 } as const

/** The first message of an SEI unit that tells of a point where decoding may begin. */
const recoveryPoint = 6
const slices = [1, 2, h264Types.idr]

/** What NAL units of H.264 mean. */
export const h264Rules: UnitRules = {
  typeOf,
  isParameterSet: (type) => type === h264Types.sps || type === h264Types.pps,
  isSlice: (type) => type >= 1 && type <= h264Types.idr,
  sequenceSet: h264Types.sps,
  isKey(unit) {
    const type = typeOf(unit)
    return type === h264Types.idr || (type === h264Types.sei && unit[1] === recoveryPoint)
  },
  isFirst(unit) {
    const type = typeOf(unit)
    // first_mb_in_slice is 0: a single 1 in Exp-Golomb code.
    if (slices.includes(type)) return (unit[1] ?? 0) >= 0x80
    return type === h264Types.sps || type === h264Types.delimiter || type === h264Types.sei || type === h264Types.pps
  },
}

function typeOf(unit: Uint8Array): number {
  return unit[0]! & 0x1f
}
