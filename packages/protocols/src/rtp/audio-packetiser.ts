import { Buffer } from 'node:buffer'
import { toMuLaw } from './g711.ts'
import { rtpHeadBytes } from './rtp-packet.ts'
import { PacketBatch, type RtpSender } from './rtp-sender.ts'

/** What samples are sent as; the sender's clock rate is their rate. */
export interface AudioPacketiserOptions {
  encoding: 'L16' | 'PCMU'
  channels: number
  /** Of sound in a packet, as far as it has room: 20 ms unless it says otherwise. */
  packetMs?: number
}

/** Makes packets of samples, however they are cut, with timestamps that go on from one to the next (RFC 3551 §4.5). */
export class AudioPacketiser {
  readonly #sender: RtpSender
  readonly #encode: (samples: Buffer, target: Buffer, at: number) => void
  /** Of s16le. */
  readonly #frameBytes: number
  readonly #packetFrames: number
  readonly #sentFrameBytes: number
  #rest: Buffer = Buffer.alloc(0)
  #ticks = 0
  /** The next packet begins after silence (RFC 3551 §4.1). */
  #isMarked = true

  constructor(sender: RtpSender, { encoding, channels, packetMs = 20 }: AudioPacketiserOptions) {
    this.#sender = sender
    this.#encode = encoding === 'L16' ? writeSwapped : writeMuLaw
    this.#frameBytes = 2 * channels
    this.#sentFrameBytes = encoding === 'L16' ? 2 * channels : channels
    const room = Math.floor((sender.maxPacketBytes - rtpHeadBytes) / this.#sentFrameBytes)
    this.#packetFrames = Math.max(1, Math.min(room, Math.round((sender.clockRate * packetMs) / 1_000)))
  }

  /** Samples of each channel that were sent or skipped. */
  get ticks(): number {
    return this.#ticks
  }

  /** Takes s16le, channel by channel; gives the packets that are full. What is over waits for more. */
  push(samples: Uint8Array): Buffer[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, samples]) : toBuffer(samples)
    const packetBytes = this.#packetFrames * this.#frameBytes
    const packets: Buffer[] = []
    let at = 0
    for (; at + packetBytes <= bytes.length; at += packetBytes) {
      packets.push(this.#packet(bytes.subarray(at, at + packetBytes)))
    }
    this.#rest = Buffer.from(bytes.subarray(at))
    return packets
  }

  /** The packet of what waits, as far as it is whole samples; undefined when nothing does. */
  flush(): Buffer | undefined {
    const bytes = this.#rest
    const length = bytes.length - (bytes.length % this.#frameBytes)
    this.#rest = Buffer.alloc(0)
    return length === 0 ? undefined : this.#packet(bytes.subarray(0, length))
  }

  /** Leaves silence: the next packet's timestamp is so many samples later. */
  skip(ticks: number): void {
    this.#ticks += ticks
    this.#isMarked = true
  }

  #packet(samples: Buffer): Buffer {
    const frames = samples.length / this.#frameBytes
    const payloadBytes = frames * this.#sentFrameBytes
    const batch = new PacketBatch(this.#sender, this.#sender.timestampOf(this.#ticks), { packets: 1, payloadBytes })
    this.#encode(samples, batch.bytes, batch.add(payloadBytes, this.#isMarked))
    this.#isMarked = false
    this.#ticks += frames
    return batch.packets[0]!
  }
}

function writeSwapped(samples: Buffer, target: Buffer, at: number): void {
  for (let index = 0; index < samples.length; index += 2) {
    target[at + index] = samples[index + 1]!
    target[at + index + 1] = samples[index]!
  }
}

function writeMuLaw(samples: Buffer, target: Buffer, at: number): void {
  for (let index = 0; index < samples.length; index += 2) target[at + index / 2] = toMuLaw(samples.readInt16LE(index))
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
