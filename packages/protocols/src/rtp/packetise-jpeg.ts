import type { JpegFacts } from '../jpeg/jpeg-facts.ts'
import type { RtpJpegType } from '../jpeg/rtp-fitness.ts'
import { rtpHeadBytes } from './rtp-packet.ts'
import { PacketBatch, type RtpSender } from './rtp-sender.ts'

/** An image that is fit for RTP/JPEG, as `readJpeg` and `rtpFitness` found it. */
export interface FitJpeg {
  bytes: Buffer
  facts: JpegFacts
  type: RtpJpegType
}

const mainHeadBytes = 8
const restartHeadBytes = 4
const quantHeadBytes = 4
const quantBytes = 128
/** Tables come with each frame (RFC 2435 §3.1.8). */
const tablesInFrame = 255

/** The packets of one frame (RFC 2435): its scan without the end marker, its quantisation tables in the first packet. */
export function packetiseJpeg(sender: RtpSender, jpeg: FitJpeg, timestamp: number): Buffer[] {
  const { bytes, facts, type } = jpeg
  const scanBytes = facts.scanEnd - facts.scanStart
  const headBytes = mainHeadBytes + (type >= 64 ? restartHeadBytes : 0)
  const room = sender.maxPacketBytes - rtpHeadBytes - headBytes
  const count = Math.max(1, Math.ceil((scanBytes + quantHeadBytes + quantBytes) / room))
  const payloadBytes = scanBytes + count * headBytes + quantHeadBytes + quantBytes
  const batch = new PacketBatch(sender, timestamp, { packets: count, payloadBytes })
  const target = batch.bytes
  let offset = 0
  do {
    const tableBytes = offset === 0 ? quantHeadBytes + quantBytes : 0
    const length = Math.min(room - tableBytes, scanBytes - offset)
    let at = batch.add(headBytes + tableBytes + length, offset + length === scanBytes)
    at = writeHeads(target, at, jpeg, offset)
    if (tableBytes > 0) at = writeTables(target, at, facts)
    bytes.copy(target, at, facts.scanStart + offset, facts.scanStart + offset + length)
    offset += length
  } while (offset < scanBytes)
  return batch.packets
}

function writeHeads(target: Buffer, from: number, { facts, type }: FitJpeg, offset: number): number {
  target.writeUInt32BE(offset, from)
  target[from + 4] = type
  target[from + 5] = tablesInFrame
  target[from + 6] = Math.ceil(facts.width / 8)
  target[from + 7] = Math.ceil(facts.height / 8)
  if (type < 64) return from + mainHeadBytes
  const at = target.writeUInt16BE(facts.restartInterval, from + mainHeadBytes)
  // Packets do not end where intervals do: the frame is to be read as a whole (RFC 2435 §3.1.7).
  return target.writeUInt16BE(0xffff, at)
}

/** Also a table that all components share goes twice: receivers know only that. */
function writeTables(target: Buffer, from: number, { components, quantTables }: JpegFacts): number {
  let at = target.writeUInt32BE(quantBytes, from)
  for (const component of [components[0], components[1]]) {
    quantTables[component?.quantTable ?? 0]?.bytes.copy(target, at)
    at += quantBytes / 2
  }
  return at
}
