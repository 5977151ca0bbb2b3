import { h264Types } from './h264-units.ts'
import { rtpHeadBytes } from './rtp-packet.ts'
import { PacketBatch, type RtpSender } from './rtp-sender.ts'

const lengthBytes = 2
const fragmentHeadBytes = 2

/**
 * The packets of one picture of H.264 in packetisation mode 1 (RFC 6184): small units that follow one another go together
 * (STAP-A), large ones in fragments (FU-A). `units` are NAL units without start codes, of at least one byte.
 */
export function packetiseH264(sender: RtpSender, units: readonly Buffer[], timestamp: number): Buffer[] {
  const room = sender.maxPacketBytes - rtpHeadBytes
  const groups = grouped(units, room)
  const batch = new PacketBatch(sender, timestamp, sizeOf(groups, room))
  groups.forEach((group, index) => {
    const isLast = index === groups.length - 1
    const [unit] = group as [Buffer]
    if (group.length > 1) addAggregate(batch, group, isLast)
    else if (unit.length <= room) unit.copy(batch.bytes, batch.add(unit.length, isLast))
    else addFragments(batch, unit, { room, isLast })
  })
  return batch.packets
}

/** Units that go into one packet together. */
function grouped(units: readonly Buffer[], room: number): Buffer[][] {
  const groups: Buffer[][] = []
  let bytes = room
  for (const unit of units) {
    bytes += lengthBytes + unit.length
    if (bytes <= room) groups.at(-1)?.push(unit)
    else {
      groups.push([unit])
      bytes = 1 + lengthBytes + unit.length
    }
  }
  return groups
}

function sizeOf(groups: readonly Buffer[][], room: number): { packets: number; payloadBytes: number } {
  let packets = 0
  let payloadBytes = 0
  for (const group of groups) {
    const bytes = group.reduce((sum, unit) => sum + unit.length, 0)
    const fragments = group.length > 1 || bytes <= room ? 0 : Math.ceil((bytes - 1) / (room - fragmentHeadBytes))
    packets += Math.max(1, fragments)
    payloadBytes += bytes + (group.length > 1 ? 1 + lengthBytes * group.length : 0)
    // The unit's own head goes into those of its fragments.
    if (fragments > 0) payloadBytes += fragments * fragmentHeadBytes - 1
  }
  return { packets, payloadBytes }
}

function addAggregate(batch: PacketBatch, group: readonly Buffer[], isLast: boolean): void {
  const bytes = group.reduce((sum, unit) => sum + lengthBytes + unit.length, 1)
  let at = batch.add(bytes, isLast)
  // Forbidden when one is, and as important as the most important one.
  let forbidden = 0
  let importance = 0
  for (const unit of group) {
    forbidden |= unit[0]! & 0x80
    importance = Math.max(importance, unit[0]! & 0x60)
  }
  batch.bytes[at++] = forbidden | importance | h264Types.stapA
  for (const unit of group) {
    at = batch.bytes.writeUInt16BE(unit.length, at)
    at += unit.copy(batch.bytes, at)
  }
}

function addFragments(batch: PacketBatch, unit: Buffer, how: { room: number; isLast: boolean }): void {
  const head = unit[0]!
  const most = how.room - fragmentHeadBytes
  for (let from = 1; from < unit.length; from += most) {
    const to = Math.min(unit.length, from + most)
    const isEnd = to === unit.length
    const at = batch.add(fragmentHeadBytes + to - from, isEnd && how.isLast)
    batch.bytes[at] = (head & 0xe0) | h264Types.fuA
    batch.bytes[at + 1] = (from === 1 ? 0x80 : 0) | (isEnd ? 0x40 : 0) | (head & 0x1f)
    unit.copy(batch.bytes, at + fragmentHeadBytes, from, to)
  }
}
