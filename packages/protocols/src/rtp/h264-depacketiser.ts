import { Buffer } from 'node:buffer'
import { type AccessUnit, AccessUnitBuilder, type AccessUnitOptions } from './access-unit-builder.ts'
import { h264Rules, h264Types } from './h264-units.ts'
import type { RtpPacket } from './rtp-packet.ts'

/** Of packetisation mode 2: STAP-B, MTAP16, MTAP24, FU-B. */
const interleavedTypes = new Set([25, 26, 27, 29])

/**
 * Makes pictures of H.264 of packets in the order of their sequence numbers (RFC 6184, packetisation modes 0 and 1):
 * single units, STAP-A and FU-A. A picture that lacks a packet is dropped.
 */
export class H264Depacketiser {
  readonly #unit: AccessUnitBuilder

  constructor(onUnit: (unit: AccessUnit) => void, options: AccessUnitOptions = {}) {
    this.#unit = new AccessUnitBuilder(onUnit, h264Rules, options)
  }

  /** Pictures of which something came, but not all, or nothing that can be read. */
  get dropped(): number {
    return this.#unit.dropped
  }

  push(packet: RtpPacket): void {
    const { payload } = packet
    this.#unit.begin(packet)
    const type = (payload[0] ?? 0) & 0x1f
    if (type === h264Types.fuA) this.#addFragment(payload)
    else if (type === h264Types.stapA) this.#addAggregate(payload)
    else if (type > 0 && type < h264Types.stapA) this.#unit.add(payload)
    // Empty packets keep the connection alive; what nobody has defined is a camera's own, and no part of the picture.
    else if (interleavedTypes.has(type)) this.#unit.spoil()
    this.#unit.end(packet)
  }

  #addFragment(payload: Buffer): void {
    if (payload.length < 2) return this.#unit.spoil()
    const header = payload[1]!
    const fragment = payload.subarray(2)
    const isLast = (header & 0x40) !== 0
    if ((header & 0x80) === 0) return this.#unit.addNext(fragment, isLast)
    this.#unit.addFirst(Buffer.of((payload[0]! & 0xe0) | (header & 0x1f)), fragment)
    // A unit in one fragment is not allowed, and sent.
    if (isLast) this.#unit.addNext(Buffer.alloc(0), true)
  }

  #addAggregate(payload: Buffer): void {
    let at = 1
    while (at + 2 <= payload.length) {
      const start = at + 2
      const end = start + payload.readUInt16BE(at)
      if (end > payload.length) return this.#unit.spoil()
      this.#unit.add(payload.subarray(start, end))
      at = end
    }
  }
}
