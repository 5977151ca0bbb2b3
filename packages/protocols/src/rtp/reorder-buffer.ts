import type { RtpPacket } from './rtp-packet.ts'
import { sequenceDistance } from './wrapping.ts'

/** Told of packets in the order of their sequence numbers. */
export interface ReorderTaker {
  onPacket(packet: RtpPacket): void
  /** So many packets are missing before the next one. */
  onGap(packets: number): void
}

/** What a buffer counted since it began. */
export interface ReorderCounts {
  /** Handed on. */
  packets: number
  lost: number
  /** Came twice, or after they had been given up. */
  dropped: number
  /** Came after a later one, and were put in their place. */
  reordered: number
}

/** Packets that are held at most. */
const places = 64
/** Further ahead or behind, a number belongs to another run of numbers (RFC 3550 A.1), unless it is alone. */
const farthestAhead = 3_000
const farthestBehind = 100

/**
 * Puts the packets of one source in order. A missing packet is waited for until 64 later ones are there, or those that
 * wait are older than `maxWaitMs`; then it is a gap. Another run of numbers is no gap. Time is the caller's: milliseconds of any clock that only grows.
 */
export class ReorderBuffer {
  readonly counts: ReorderCounts = { packets: 0, lost: 0, dropped: 0, reordered: 0 }
  readonly #taker: ReorderTaker
  readonly #maxWaitMs: number
  readonly #held: (RtpPacket | undefined)[] = Array.from({ length: places }, () => undefined)
  readonly #heldAt = new Float64Array(places)
  #heldCount = 0
  /** The number that is due; undefined before the first packet. */
  #due: number | undefined
  #ssrc = 0
  /** Perhaps the first packet of another run of numbers. */
  #stranger: RtpPacket | undefined

  constructor(taker: ReorderTaker, maxWaitMs = 100) {
    this.#taker = taker
    this.#maxWaitMs = maxWaitMs
  }

  push(packet: RtpPacket, nowMs: number): void {
    this.#due ??= this.#startAt(packet)
    const ahead = sequenceDistance(packet.sequence, this.#due)
    const isFar = ahead > farthestAhead || ahead < -farthestBehind
    if (packet.ssrc !== this.#ssrc || isFar) return this.#takeStranger(packet)
    this.#dropStranger()
    if (ahead < 0) this.counts.dropped += 1
    else if (ahead > 0) this.#hold(packet, nowMs)
    else {
      if (this.#heldCount > 0) this.counts.reordered += 1
      this.#takeDue(packet)
    }
    if (this.#heldCount > 0) this.expire(nowMs)
  }

  /** When `expire` has something to do: in the clock of `push`; undefined while nothing waits. */
  get expiresAt(): number | undefined {
    if (this.#heldCount === 0) return undefined
    let earliest = Number.POSITIVE_INFINITY
    for (let place = 0; place < places; place++) {
      if (this.#held[place] && this.#heldAt[place]! < earliest) earliest = this.#heldAt[place]!
    }
    return earliest + this.#maxWaitMs
  }

  /** Gives up what is missing before packets that have waited long enough. */
  expire(nowMs: number): void {
    for (let at = this.expiresAt; at !== undefined && at <= nowMs; at = this.expiresAt) this.#skipGap()
  }

  /** Hands on all that waits, as at the end of a stream. */
  flush(): void {
    while (this.#heldCount > 0) this.#skipGap()
  }

  #startAt(packet: RtpPacket): number {
    this.#ssrc = packet.ssrc
    return packet.sequence
  }

  #takeDue(packet: RtpPacket): void {
    this.#emit(packet)
    this.#drain()
  }

  #hold(packet: RtpPacket, nowMs: number): void {
    // What is too far ahead pushes the oldest out.
    while (this.#heldCount > 0 && sequenceDistance(packet.sequence, this.#due!) >= places) this.#skipGap()
    const ahead = sequenceDistance(packet.sequence, this.#due!)
    if (ahead >= places) this.#gap(ahead - places + 1)
    if (packet.sequence === this.#due) return this.#takeDue(packet)
    const place = packet.sequence % places
    if (this.#held[place]) {
      this.counts.dropped += 1
      return
    }
    this.#held[place] = packet
    this.#heldAt[place] = nowMs
    this.#heldCount += 1
  }

  /** A single packet from elsewhere is dropped; with the next one of its run, that run is the stream. */
  #takeStranger(packet: RtpPacket): void {
    const first = this.#stranger
    if (first?.ssrc !== packet.ssrc || packet.sequence !== ((first.sequence + 1) & 0xffff)) {
      this.#dropStranger()
      this.#stranger = packet
      return
    }
    this.#stranger = undefined
    this.flush()
    this.#ssrc = packet.ssrc
    this.#emit(first)
    this.#emit(packet)
  }

  #dropStranger(): void {
    if (this.#stranger) this.counts.dropped += 1
    this.#stranger = undefined
  }

  #skipGap(): void {
    let missing = 0
    while (!this.#held[(this.#due! + missing) % places]) missing += 1
    this.#gap(missing)
    this.#drain()
  }

  #gap(packets: number): void {
    this.counts.lost += packets
    this.#due = (this.#due! + packets) & 0xffff
    this.#taker.onGap(packets)
  }

  #drain(): void {
    while (this.#heldCount > 0) {
      const place = this.#due! % places
      const packet = this.#held[place]
      if (!packet) return
      this.#held[place] = undefined
      this.#heldCount -= 1
      this.#emit(packet)
    }
  }

  #emit(packet: RtpPacket): void {
    this.#due = (packet.sequence + 1) & 0xffff
    this.counts.packets += 1
    this.#taker.onPacket(packet)
  }
}
