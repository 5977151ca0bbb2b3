import { Buffer } from 'node:buffer'

/** What a frame may take while it arrives. */
export const frameLimits = { maxFrameBytes: 8 * 1024 * 1024 } as const

const mostParts = 16_384
/** A socket's chunks are larger than the packets in them. */
const chunkBytes = 1024 * 1024

/** Collects views of the packets that a frame is made of, and copies them once, when it is whole. */
export class FrameParts {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #length = 0
  /** Memory that the views keep alive. */
  #heldBytes = 0
  #heldLast: ArrayBufferLike | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#length
  }

  /** False when the frame would be beyond its limit, or the memory of its packets far beyond it. */
  add(part: Uint8Array): boolean {
    const memory = part.buffer
    // What is whole, as a start code between two units of one chunk, is counted by its length.
    if (memory !== this.#heldLast && memory.byteLength > part.length) {
      this.#heldBytes += memory.byteLength
      this.#heldLast = memory
    }
    this.#length += part.length
    this.#parts.push(part)
    const isHeldLittle = this.#heldBytes <= 4 * this.#maxBytes + chunkBytes
    return this.#length <= this.#maxBytes && this.#parts.length <= mostParts && isHeldLittle
  }

  /** The frame, behind `head`, in memory of its own; nothing is held any more. */
  take(head?: Uint8Array): Buffer {
    const frame = Buffer.allocUnsafeSlow(this.#length + (head?.length ?? 0))
    let at = 0
    if (head) {
      frame.set(head)
      at = head.length
    }
    for (const part of this.#parts) {
      frame.set(part, at)
      at += part.length
    }
    this.clear()
    return frame
  }

  clear(): void {
    this.#parts = []
    this.#length = this.#heldBytes = 0
    this.#heldLast = undefined
  }
}
