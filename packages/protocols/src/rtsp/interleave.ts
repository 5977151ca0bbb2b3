import { Buffer } from 'node:buffer'

const prefixBytes = 4

/** Packets as they go along with messages on one channel (RFC 2326 §10.12), in one piece; each at most 65,535 bytes. */
export function interleave(channel: number, packets: readonly Buffer[]): Buffer {
  let length = 0
  for (const packet of packets) length += prefixBytes + packet.length
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const packet of packets) {
    bytes[at] = 0x24
    bytes[at + 1] = channel
    bytes.writeUInt16BE(packet.length, at + 2)
    packet.copy(bytes, at + prefixBytes)
    at += prefixBytes + packet.length
  }
  return bytes
}
