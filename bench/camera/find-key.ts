import { H264Depacketiser, readRtp } from '@pelton/protocols/rtp'

const dollar = 0x24
const headEnd = '\r\n\r\n'

/** Looks into what an RTSP server sends by TCP (RFC 2326 §10.12), and tells when a key picture of H.264 has come in full. */
export class KeyFinder {
  readonly #units: H264Depacketiser
  #rest = Buffer.alloc(0)

  constructor(onKey: () => void) {
    this.#units = new H264Depacketiser(({ isKey }) => {
      if (isKey) onKey()
    })
  }

  push(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk])
    for (let length = lengthOf(bytes); length > 0 && length <= bytes.length; length = lengthOf(bytes)) {
      // The even channels have packets, the odd ones reports.
      const isPacket = bytes[0] === dollar && (bytes[1]! & 1) === 0
      const packet = isPacket ? readRtp(bytes.subarray(4, length)) : undefined
      if (packet) this.#units.push(packet)
      bytes = bytes.subarray(length)
    }
    this.#rest = bytes
  }
}

/** Of what comes first: a packet with its prefix, or an answer with its body; 0 when that cannot be told yet. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < 4) return 0
  if (bytes[0] === dollar) return 4 + bytes.readUInt16BE(2)
  const end = bytes.indexOf(headEnd)
  if (end < 0) return 0
  const body = /^content-length:\s*(\d+)/im.exec(bytes.toString('latin1', 0, end))
  return end + headEnd.length + Number(body?.[1] ?? 0)
}
