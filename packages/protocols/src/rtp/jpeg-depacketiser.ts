import { endOfImage } from '../jpeg/jpeg-header.ts'
import { FrameParts, frameLimits } from './frame-parts.ts'
import { type JpegHead, JpegHeads, readJpegHead } from './jpeg-heads.ts'
import type { RtpPacket } from './rtp-packet.ts'

/** A whole image. */
export interface JpegFrame {
  /** In memory of its own. */
  bytes: Buffer
  /** As the packets have it: 32 bits. */
  timestamp: number
  width: number
  height: number
}

/** What is known of a stream beside its packets. */
export interface JpegDepacketiserOptions {
  /** Of images that are larger than packets can say; from the session description. */
  dimensions?: { width: number; height: number } | undefined
  /** 8 MB unless it says otherwise. */
  maxFrameBytes?: number
}

/** Makes images of packets in the order of their sequence numbers (RFC 2435). A frame that lacks a packet is dropped. */
export class JpegDepacketiser {
  /** Frames of which something came, but not all, or nothing that can be read. */
  dropped = 0
  readonly #onFrame: (frame: JpegFrame) => void
  readonly #dimensions: { width: number; height: number } | undefined
  readonly #parts: FrameParts
  readonly #heads = new JpegHeads()
  #due = -1
  #timestamp = -1
  #state: 'none' | 'arriving' | 'spoilt' = 'none'
  #first: JpegHead | undefined
  #last: Buffer | undefined
  /** Of the scan. */
  #length = 0

  constructor(onFrame: (frame: JpegFrame) => void, options: JpegDepacketiserOptions = {}) {
    this.#onFrame = onFrame
    this.#dimensions = options.dimensions
    this.#parts = new FrameParts(options.maxFrameBytes ?? frameLimits.maxFrameBytes)
  }

  push(packet: RtpPacket): void {
    const isGap = this.#due >= 0 && packet.sequence !== this.#due
    this.#due = (packet.sequence + 1) & 0xffff
    if (isGap && this.#state === 'arriving') this.#spoil()
    if (packet.payload.length === 0) return
    // Some senders mark nothing.
    if (packet.timestamp !== this.#timestamp) this.#finish()
    this.#timestamp = packet.timestamp
    this.#add(packet.payload)
    if (packet.isMarked) this.#finish()
  }

  #add(payload: Buffer): void {
    if (this.#state === 'spoilt') return
    const head = readJpegHead(payload)
    if (!head || head.offset !== this.#length) return this.#spoil()
    this.#state = 'arriving'
    this.#first ??= this.#sized(head)
    this.#last = payload
    this.#length += payload.length - head.start
    if (!this.#parts.add(payload.subarray(head.start))) this.#spoil()
  }

  #spoil(): void {
    this.#state = 'spoilt'
    this.#parts.clear()
  }

  #finish(): void {
    const first = this.#state === 'arriving' ? this.#first : undefined
    const header = first && first.width > 0 && first.height > 0 ? this.#heads.headerOf(first) : undefined
    if (first && header) this.#emit(first, header)
    else if (this.#state !== 'none') this.dropped += 1
    this.#parts.clear()
    this.#state = 'none'
    this.#first = this.#last = undefined
    this.#length = 0
  }

  #emit({ width, height }: JpegHead, header: Buffer): void {
    // Many senders leave the end marker in the scan.
    const isEnded = this.#last?.at(-2) === endOfImage[0] && this.#last?.at(-1) === endOfImage[1]
    if (!isEnded) this.#parts.add(endOfImage)
    this.#onFrame({ bytes: this.#parts.take(header), timestamp: this.#timestamp, width, height })
  }

  #sized(head: JpegHead): JpegHead {
    if ((head.width > 0 && head.height > 0) || !this.#dimensions) return head
    return { ...head, ...this.#dimensions }
  }
}
