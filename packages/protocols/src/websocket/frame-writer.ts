import { Buffer } from 'node:buffer'
import { applyMask, randomKey } from './mask.ts'

/** From here on a payload goes out as it is, beside its head, instead of being copied behind it. */
const fewestApart = 16_384
/** Below it, a loop copies faster than a call. */
const fewestForSet = 48

/** The bits of a frame's first byte beside its opcode. */
export const frameBits = { final: 0x80, compressed: 0x40 } as const

/** Collects frames (RFC 6455 §5.2), so that all of one turn leave in one write. */
export class FrameWriter {
  readonly #isMasked: boolean
  readonly #firsts: number[] = []
  readonly #payloads: Uint8Array[] = []
  #bytes = 0

  /** A client's frames are masked. */
  constructor(isMasked: boolean) {
    this.#isMasked = isMasked
  }

  /** Of all frames that wait, heads included. */
  get bytes(): number {
    return this.#bytes
  }

  /** The payload is not changed; it must stay as it is until it has been written. */
  add(first: number, payload: Uint8Array): void {
    this.#firsts.push(first)
    this.#payloads.push(payload)
    this.#bytes += headBytes(payload.length, this.#isMasked) + payload.length
  }

  /** Everything that waits, as few pieces; nothing waits any more. */
  take(): Uint8Array[] {
    const payloads = this.#payloads
    const joined = Buffer.allocUnsafe(this.#bytes - this.#apartBytes())
    const pieces: Uint8Array[] = []
    let begun = 0
    let at = 0
    for (let index = 0; index < payloads.length; index++) {
      const payload = payloads[index]!
      const headAt = at
      at = writeHead(joined, at, this.#firsts[index]!, payload.length)
      if (this.#isMasked) joined[headAt + 1]! |= 0x80
      if (this.#goesApart(payload)) {
        pieces.push(joined.subarray(begun, at), payload)
        begun = at
      } else if (this.#isMasked) at = writeMasked(joined, at, payload)
      else at = copyBytes(payload, joined, at)
    }
    if (at > begun) pieces.push(begun === 0 ? joined : joined.subarray(begun))
    this.clear()
    return pieces
  }

  clear(): void {
    this.#firsts.length = this.#payloads.length = this.#bytes = 0
  }

  #goesApart(payload: Uint8Array): boolean {
    return payload.length >= fewestApart && !this.#isMasked
  }

  #apartBytes(): number {
    let bytes = 0
    for (const payload of this.#payloads) if (this.#goesApart(payload)) bytes += payload.length
    return bytes
  }
}

function headBytes(length: number, isMasked: boolean): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (isMasked ? 4 : 0)
}

function writeHead(bytes: Buffer, from: number, first: number, length: number): number {
  bytes[from] = first
  if (length < 126) {
    bytes[from + 1] = length
    return from + 2
  }
  if (length < 65_536) {
    bytes[from + 1] = 126
    return bytes.writeUInt16BE(length, from + 2)
  }
  bytes[from + 1] = 127
  bytes.writeUInt32BE(Math.floor(length / 0x1_0000_0000), from + 2)
  return bytes.writeUInt32BE(length % 0x1_0000_0000, from + 6)
}

function writeMasked(bytes: Buffer, from: number, payload: Uint8Array): number {
  const key = randomKey()
  const start = bytes.writeInt32LE(key, from)
  const end = copyBytes(payload, bytes, start)
  applyMask(bytes, start, end, key)
  return end
}

function copyBytes(payload: Uint8Array, bytes: Buffer, at: number): number {
  const { length } = payload
  if (length >= fewestForSet) bytes.set(payload, at)
  else for (let index = 0; index < length; index++) bytes[at + index] = payload[index]!
  return at + length
}
