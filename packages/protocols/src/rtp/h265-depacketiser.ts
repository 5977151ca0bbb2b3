import { Buffer } from 'node:buffer'
import { type AccessUnit, AccessUnitBuilder, type AccessUnitOptions, type UnitRules } from './access-unit-builder.ts'
import type { RtpPacket } from './rtp-packet.ts'

/** Types of NAL units and of packets (ITU-T H.265 table 7-1, RFC 7798 §4.4). */
const types = {
  firstKey: 16,
  lastKey: 21,
  vps: 32,
  sps: 33,
  pps: 34,
  delimiter: 35,
  prefixSei: 39,
  aggregate: 48,
  fragment: 49,
}
const headBytes = 2

const rules: UnitRules = {
  typeOf,
  isParameterSet: (type) => type >= types.vps && type <= types.pps,
  isSlice: (type) => type < types.vps,
  sequenceSet: types.sps,
  isKey(unit) {
    const type = typeOf(unit)
    return type >= types.firstKey && type <= types.lastKey
  },
  isFirst(unit) {
    const type = typeOf(unit)
    // first_slice_segment_in_pic_flag.
    if (type < types.vps) return (unit[headBytes] ?? 0) >= 0x80
    return type <= types.delimiter || type === types.prefixSei
  },
}

/** Beside what all video has. */
export interface H265Options extends AccessUnitOptions {
  /** Packets carry decoding order numbers: `sprop-max-don-diff` is above 0. */
  hasOrderNumbers?: boolean
}

/**
 * Makes pictures of H.265 of packets in the order of their sequence numbers (RFC 7798): single units, aggregates and
 * fragments, in the order of transmission. A picture that lacks a packet is dropped.
 */
export class H265Depacketiser {
  readonly #unit: AccessUnitBuilder
  readonly #orderBytes: number

  constructor(onUnit: (unit: AccessUnit) => void, options: H265Options = {}) {
    this.#unit = new AccessUnitBuilder(onUnit, rules, options)
    this.#orderBytes = options.hasOrderNumbers === true ? 2 : 0
  }

  /** Pictures of which something came, but not all, or nothing that can be read. */
  get dropped(): number {
    return this.#unit.dropped
  }

  push(packet: RtpPacket): void {
    const { payload } = packet
    this.#unit.begin(packet)
    const type = payload.length > headBytes ? typeOf(payload) : undefined
    if (type === types.fragment) this.#addFragment(payload)
    else if (type === types.aggregate) this.#addAggregate(payload)
    else if (type !== undefined && type < types.aggregate) this.#addSingle(payload)
    else if (payload.length > 0) this.#unit.spoil()
    this.#unit.end(packet)
  }

  #addSingle(payload: Buffer): void {
    if (this.#orderBytes === 0) return this.#unit.add(payload)
    const start = headBytes + this.#orderBytes
    this.#unit.add(Buffer.concat([payload.subarray(0, headBytes), payload.subarray(start)]))
  }

  #addFragment(payload: Buffer): void {
    const header = payload[headBytes]!
    const isFirst = (header & 0x80) !== 0
    const isLast = (header & 0x40) !== 0
    // Only the first fragment has an order number.
    const fragment = payload.subarray(headBytes + 1 + (isFirst ? this.#orderBytes : 0))
    if (!isFirst) return this.#unit.addNext(fragment, isLast)
    this.#unit.addFirst(Buffer.of((payload[0]! & 0x81) | ((header & 0x3f) << 1), payload[1]!), fragment)
    if (isLast) this.#unit.addNext(Buffer.alloc(0), true)
  }

  #addAggregate(payload: Buffer): void {
    let at = headBytes
    // The first unit's order number has two bytes, the others' differences have one.
    let orderBytes = this.#orderBytes
    while (at + orderBytes + 2 <= payload.length) {
      const start = at + orderBytes + 2
      const end = start + payload.readUInt16BE(at + orderBytes)
      if (end > payload.length) return this.#unit.spoil()
      this.#unit.add(payload.subarray(start, end))
      orderBytes = this.#orderBytes === 0 ? 0 : 1
      at = end
    }
  }
}

function typeOf(unit: Uint8Array): number {
  return (unit[0]! >> 1) & 0x3f
}
