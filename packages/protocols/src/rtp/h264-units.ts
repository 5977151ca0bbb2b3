import type { UnitRules } from './access-unit-builder.ts'

/** Types of NAL units and of packets (ITU-T H.264 table 7-1, RFC 6184 §5.2). */
export const h264Types = { idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9, stapA: 24, fuA: 28 } as const

/** The message of an SEI unit that tells of a point where decoding may begin. */
const recoveryPoint = 6
/** Units have a few messages; what comes after so many is not looked at. */
const mostMessages = 32
const slices = [1, 2, h264Types.idr]

/** What NAL units of H.264 mean. */
export const h264Rules: UnitRules = {
  typeOf,
  isParameterSet: (type) => type === h264Types.sps || type === h264Types.pps,
  isSlice: (type) => type >= 1 && type <= h264Types.idr,
  sequenceSet: h264Types.sps,
  isKey(unit) {
    const type = typeOf(unit)
    return type === h264Types.idr || (type === h264Types.sei && seiTypes(unit).includes(recoveryPoint))
  },
  isFirst(unit) {
    const type = typeOf(unit)
    // first_mb_in_slice is 0: a single 1 in Exp-Golomb code.
    if (slices.includes(type)) return (unit[1] ?? 0) >= 0x80
    return type === h264Types.sps || type === h264Types.delimiter || type === h264Types.sei || type === h264Types.pps
  },
}

/** Whether decoding may begin with the picture of these units. */
export function isKeyPicture(units: readonly Uint8Array[]): boolean {
  return units.some((unit) => h264Rules.isKey(unit))
}

function typeOf(unit: Uint8Array): number {
  return unit[0]! & 0x1f
}

/** Types of the messages of an SEI unit (ITU-T H.264 §7.3.2.3.1), as far as they can be read. */
function seiTypes(unit: Uint8Array): number[] {
  const types: number[] = []
  let at = 1
  // Each is a number in bytes of 255 and a last one, as is its length.
  const number = (): number => {
    let sum = 0
    while (unit[at] === 255) sum += unit[at++]!
    return sum + (unit[at++] ?? 0)
  }
  while (at < unit.length && types.length < mostMessages) {
    types.push(number())
    const length = number()
    at += length
  }
  return types
}
