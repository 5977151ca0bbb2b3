import { Buffer, isUtf8 } from 'node:buffer'
import { closeCodes, isCloseCode } from './close-code.ts'
import { applyMask, turnKey } from './mask.ts'
import { MessageBuffer } from './message-buffer.ts'
import { ownCopy } from './own-copy.ts'

/** First bytes of frames without their flags (RFC 6455 §5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Told what a connection's bytes mean, in order. It may call the parser's `hold` and `stop` meanwhile. */
export interface FrameReceiver {
  /** A whole message; text is valid UTF-8 unless it is still compressed. `data` belongs to the receiver. */
  onMessage(data: Buffer, isText: boolean, isCompressed: boolean): void
  onPing(data: Buffer): void
  /** 1005 when the frame gave no code. Nothing is read after it. */
  onClose(code: number, reason: string): void
  /** The peer broke the protocol or a limit, and is to be told so by this code. Nothing is read after it. */
  onFault(code: number, reason: string): void
}

/** What a parser takes. */
export interface ParserRules {
  /** Frames are a client's and must be masked; else they are a server's and must not be. */
  isMasked: boolean
  maxMessageBytes: number
  /** permessage-deflate was agreed on (RFC 7692). */
  isCompressible: boolean
  /** Messages are read over, whatever their length. */
  isDiscarding?: boolean
}

/** Below it, a message may keep the chunk that it came in. */
const smallChunkBytes = 8_192

/** Reads frames (RFC 6455 §5) in whatever pieces they come; unmasks them in place. Holds at most one message. */
export class FrameParser {
  readonly #receiver: FrameReceiver
  readonly #isMasked: boolean
  readonly #isCompressible: boolean
  readonly #maxMessageBytes: number
  #isDiscarding: boolean
  #isHeld = false
  #isStopped = false
  /** Bytes that wait for the rest of a head or control frame, or for `release`. */
  #rest: Buffer | undefined
  /** Parts of the message that is arriving; absent while there are none. */
  #parts: MessageBuffer | undefined
  /** Of the message that is arriving; 0 between messages. */
  #opcode = 0
  #isCompressed = false
  /** All its bytes or-ed. */
  #seen = 0
  /** Of the frame whose payload is arriving. */
  #missing = 0
  #isFinal = false
  #key = 0

  constructor(receiver: FrameReceiver, rules: ParserRules) {
    this.#receiver = receiver
    this.#isMasked = rules.isMasked
    this.#isCompressible = rules.isCompressible
    this.#maxMessageBytes = rules.maxMessageBytes
    this.#isDiscarding = rules.isDiscarding ?? false
  }

  /** Takes the next bytes over: they are changed, and parts of them are handed on. */
  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = undefined
    let at = 0
    while (at < bytes.length && !this.#isHeld && !this.#isStopped) {
      const next = this.#missing > 0 ? this.#readPayload(bytes, at) : this.#readFrame(bytes, at)
      if (next === at) break
      at = next
    }
    if (at < bytes.length && !this.#isStopped) this.#rest = keepBytes(bytes, at, bytes.length)
  }

  /** Tells no more until `release`. */
  hold(): void {
    this.#isHeld = true
  }

  /** Goes on with what was pushed meanwhile. */
  release(): void {
    this.#isHeld = false
    const rest = this.#rest
    this.#rest = undefined
    if (rest) this.push(rest)
  }

  /** Reads messages over from now on: only control frames are told. */
  discard(): void {
    this.#isDiscarding = true
    this.#parts = undefined
  }

  /** Takes nothing any more, and lets go of everything. */
  stop(): void {
    this.#isStopped = true
    this.#rest = this.#parts = undefined
  }

  /** Gives back where to read on; `at` itself when the frame is not there far enough, or was the last. */
  #readFrame(bytes: Buffer, at: number): number {
    const available = bytes.length - at
    if (available < 2) return at
    const first = bytes[at]!
    const second = bytes[at + 1]!
    const fault = this.#faultOf(first, second)
    if (fault) return this.#fail(closeCodes.protocolError, fault, at)
    const short = second & 0x7f
    const keyAt = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
    const from = this.#isMasked ? keyAt + 4 : keyAt
    if (bytes.length < from) return at
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : longLength(bytes, at + 2)
    if (Number.isNaN(length)) return this.#fail(closeCodes.protocolError, 'a length of 64 bits', at)
    this.#key = this.#isMasked ? bytes.readInt32LE(keyAt) : 0
    if ((first & 0x0f) < opcodes.close) return this.#beginData(bytes, from, first, length)
    if (bytes.length < from + length) return at
    this.#readControl(first & 0x0f, bytes, from, from + length)
    return from + length
  }

  #beginData(bytes: Buffer, from: number, first: number, length: number): number {
    if (!this.#isDiscarding && (this.#parts?.length ?? 0) + length > this.#maxMessageBytes) {
      return this.#fail(closeCodes.tooBig, `a message of more than ${this.#maxMessageBytes} bytes`, from)
    }
    this.#isFinal = (first & 0x80) !== 0
    if ((first & 0x0f) !== opcodes.continuation) {
      this.#opcode = first & 0x0f
      this.#isCompressed = (first & 0x40) !== 0
      this.#seen = 0
    }
    const to = from + length
    if (to <= bytes.length && this.#isFinal && !this.#parts && !this.#isDiscarding) {
      this.#seen |= this.#unmask(bytes, from, to)
      this.#finish(keepBytes(bytes, from, to))
      return to
    }
    this.#missing = length
    if (length === 0) this.#endFrame()
    return from
  }

  #faultOf(first: number, second: number): string | undefined {
    const opcode = first & 0x0f
    if (second >>> 7 !== Number(this.#isMasked)) return this.#isMasked ? 'a frame without a mask' : 'a masked frame'
    if ((first & 0x30) !== 0) return 'a reserved bit'
    if (opcode >= opcodes.close) return controlFault(first, second & 0x7f)
    if (opcode > opcodes.binary) return `the reserved opcode ${opcode}`
    const isStart = opcode !== opcodes.continuation
    if (isStart && this.#opcode !== 0) return 'a message inside a fragmented one'
    if (!isStart && this.#opcode === 0) return 'a continuation of no message'
    return (first & 0x40) !== 0 && !(isStart && this.#isCompressible) ? 'a reserved bit' : undefined
  }

  #readPayload(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.#missing)
    if (!this.#isDiscarding) this.#keepPart(bytes, from, to)
    this.#missing -= to - from
    if (this.#missing === 0) this.#endFrame()
    return to
  }

  #keepPart(bytes: Buffer, from: number, to: number): void {
    this.#seen |= this.#unmask(bytes, from, to)
    this.#key = turnKey(this.#key, to - from)
    const parts = (this.#parts ??= new MessageBuffer())
    parts.append(bytes.subarray(from, to), this.#isFinal ? parts.length + this.#missing : this.#maxMessageBytes)
  }

  #unmask(bytes: Buffer, from: number, to: number): number {
    // What a server sends is not looked at here: as text it is checked in any case.
    return this.#isMasked ? applyMask(bytes, from, to, this.#key) : 0x80
  }

  #endFrame(): void {
    if (!this.#isFinal) return
    const data = this.#parts?.take() ?? Buffer.alloc(0)
    this.#parts = undefined
    if (this.#isDiscarding) this.#opcode = 0
    else this.#finish(data)
  }

  #finish(data: Buffer): void {
    const isText = this.#opcode === opcodes.text
    this.#opcode = 0
    const isChecked = isText && !this.#isCompressed && (this.#seen & 0x80808080) !== 0
    if (isChecked && !isUtf8(data)) this.#fail(closeCodes.invalidData, 'a text that is no UTF-8', 0)
    else this.#receiver.onMessage(data, isText, this.#isCompressed)
  }

  #readControl(opcode: number, bytes: Buffer, from: number, to: number): void {
    this.#unmask(bytes, from, to)
    if (opcode === opcodes.close) this.#readClose(bytes.subarray(from, to))
    else if (opcode === opcodes.ping) this.#receiver.onPing(keepBytes(bytes, from, to))
  }

  #readClose(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : closeCodes.none
    const reason = payload.subarray(2)
    const fault = closeFault(payload, code)
    if (fault) this.#fail(closeCodes.protocolError, fault, 0)
    else if (!isUtf8(reason)) this.#fail(closeCodes.invalidData, 'a close reason that is no UTF-8', 0)
    else {
      this.stop()
      this.#receiver.onClose(code, reason.toString())
    }
  }

  #fail(code: number, reason: string, at: number): number {
    this.stop()
    this.#receiver.onFault(code, reason)
    return at
  }
}

function closeFault(payload: Uint8Array, code: number): string | undefined {
  if (payload.length === 0) return undefined
  if (payload.length === 1) return 'half a close code'
  return isCloseCode(code) ? undefined : `the close code ${code}`
}

function controlFault(first: number, length: number): string | undefined {
  const opcode = first & 0x0f
  if (opcode > opcodes.pong) return `the reserved opcode ${opcode}`
  if ((first & 0x40) !== 0) return 'a reserved bit'
  if ((first & 0x80) === 0) return 'a fragmented control frame'
  return length > 125 ? 'a control frame of more than 125 bytes' : undefined
}

/** NaN for a length that RFC 6455 does not allow. One beyond 2^53 is inexact, and larger than any limit. */
function longLength(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at)
  return high >= 0x8000_0000 ? Number.NaN : high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

/** A part of a chunk to keep; copied where it would keep much more than itself. */
function keepBytes(bytes: Buffer, from: number, to: number): Buffer {
  const part = bytes.subarray(from, to)
  const wholeBytes = bytes.buffer.byteLength
  return wholeBytes <= smallChunkBytes || part.length * 4 >= wholeBytes ? part : ownCopy(part)
}
