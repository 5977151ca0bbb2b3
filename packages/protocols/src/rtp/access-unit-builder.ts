import { Buffer } from 'node:buffer'
import { startCode } from './annex-b.ts'
import { FrameParts, frameLimits } from './frame-parts.ts'
import { ParameterSets } from './parameter-sets.ts'
import type { RtpPacket } from './rtp-packet.ts'

/** One coded picture. */
export interface AccessUnit {
  /** NAL units with start codes, in memory of its own; a key picture has its parameter sets. */
  bytes: Buffer
  /** As the packets have it: 32 bits. */
  timestamp: number
  /** A decoder can begin with it. */
  isKey: boolean
  /** Packets before it are missing: decoding goes on with the next key picture. */
  isAfterLoss: boolean
}

/** What NAL units of a codec mean. */
export interface UnitRules {
  typeOf(unit: Uint8Array): number
  /** Whether the unit holds parameters of later ones. */
  isParameterSet(type: number): boolean
  /** Whether the unit holds a part of the picture itself. */
  isSlice(type: number): boolean
  /** The set without which no decoder begins. */
  sequenceSet: number
  isKey(unit: Uint8Array): boolean
  /** Whether no part of the same picture can precede it. */
  isFirst(unit: Uint8Array): boolean
}

/** Settings of a depacketiser of video. */
export interface AccessUnitOptions {
  /** From the session description. */
  parameterSets?: readonly Buffer[]
  /** 8 MB unless it says otherwise. */
  maxFrameBytes?: number
}

/** Collects the NAL units of pictures. A picture that lacks a packet is dropped. */
export class AccessUnitBuilder {
  /** Pictures of which something came, but not all. */
  dropped = 0
  readonly #onUnit: (unit: AccessUnit) => void
  readonly #rules: UnitRules
  readonly #sets: ParameterSets
  readonly #parts: FrameParts
  #due = -1
  #timestamp = -1
  #state: 'none' | 'arriving' | 'spoilt' = 'none'
  /** The next unit may be the middle of a picture. */
  #isUncertain = true
  #isAfterLoss = false
  #isKey = false
  #hasSequenceSet = false
  #hasSlice = false
  #isInFragment = false

  constructor(onUnit: (unit: AccessUnit) => void, rules: UnitRules, options: AccessUnitOptions) {
    this.#onUnit = onUnit
    this.#rules = rules
    this.#sets = new ParameterSets(options.parameterSets ?? [], rules.typeOf)
    this.#parts = new FrameParts(options.maxFrameBytes ?? frameLimits.maxFrameBytes)
  }

  /** First of all for each packet. */
  begin(packet: RtpPacket): void {
    const isGap = this.#due >= 0 && packet.sequence !== this.#due
    this.#due = (packet.sequence + 1) & 0xffff
    if (isGap && this.#state !== 'none') this.spoil()
    if (packet.payload.length > 0) this.#beginAt(packet.timestamp)
    if (!isGap) return
    this.#isAfterLoss = true
    this.#isUncertain ||= this.#state === 'none'
  }

  /** Last of all for each packet. */
  end(packet: RtpPacket): void {
    // Some senders mark each packet: parameters alone are no picture, nor is one whose last unit is not all there.
    if (packet.isMarked && !this.#isInFragment && (this.#hasSlice || this.#state === 'spoilt')) this.#finish()
  }

  /** A whole unit. */
  add(unit: Uint8Array): void {
    if (this.#isInFragment) return this.spoil()
    if (unit.length === 0 || !this.#open(unit)) return
    // Some senders repeat them before each slice of a key picture.
    if (this.#rules.isParameterSet(this.#rules.typeOf(unit)) && !this.#sets.note(unit)) return
    if (!this.#parts.add(startCode) || !this.#parts.add(unit)) this.spoil()
  }

  /** A unit's first fragment, without its head, which was rebuilt. */
  addFirst(head: Uint8Array, fragment: Uint8Array): void {
    if (this.#isInFragment) return this.spoil()
    // As much of it as the rules look at.
    if (!this.#open(Buffer.concat([head, fragment.subarray(0, 1)]))) return
    this.#isInFragment = true
    const isTaken = this.#parts.add(startCode) && this.#parts.add(head) && this.#parts.add(fragment)
    if (!isTaken) this.spoil()
  }

  addNext(fragment: Uint8Array, isLast: boolean): void {
    if (this.#state === 'spoilt') return
    if (!this.#isInFragment || !this.#parts.add(fragment)) return this.spoil()
    if (isLast) this.#isInFragment = false
  }

  #beginAt(timestamp: number): void {
    // Some senders mark nothing.
    if (timestamp !== this.#timestamp) this.#finish()
    this.#timestamp = timestamp
  }

  /** The picture that is arriving cannot be had. */
  spoil(): void {
    this.#state = 'spoilt'
    this.#isAfterLoss = true
    this.#isInFragment = false
    this.#parts.clear()
  }

  /** Whether the unit's picture is still to be had. */
  #open(unit: Uint8Array): boolean {
    if (this.#state === 'spoilt') return false
    const { typeOf, isSlice, sequenceSet, isKey, isFirst } = this.#rules
    if (this.#state === 'none' && this.#isUncertain && !isFirst(unit)) {
      this.spoil()
      return false
    }
    this.#state = 'arriving'
    this.#isUncertain = false
    this.#hasSequenceSet ||= typeOf(unit) === sequenceSet
    this.#hasSlice ||= isSlice(typeOf(unit))
    if (!this.#isKey && isKey(unit)) {
      this.#isKey = true
      if (!this.#hasSequenceSet) this.#parts.add(this.#sets.missing)
    }
    return true
  }

  #finish(): void {
    if (this.#isInFragment) this.spoil()
    this.#sets.keep()
    if (this.#state === 'spoilt') this.dropped += 1
    else if (this.#hasSlice) this.#emit()
    else this.#parts.clear()
    this.#state = 'none'
    this.#isKey = this.#hasSequenceSet = this.#hasSlice = this.#isInFragment = false
  }

  #emit(): void {
    const isAfterLoss = this.#isAfterLoss
    this.#isAfterLoss = false
    this.#onUnit({ bytes: this.#parts.take(), timestamp: this.#timestamp, isKey: this.#isKey, isAfterLoss })
  }
}
