import { frameBytes, frameFlag, frameType, headerBytes, InFrame, type OutFrame } from './frame.ts'

// Indices into the control words; 64 bytes apart, so that the two threads do not fight for a cache line.
const written = 0
const taken = 16
const readerSleeps = 32
const writerWaits = 48
const controlBytes = 256

/** Positions count on over the end of the ring and begin again here; the capacity divides it. They stay small integers. */
const positionMask = 0x3fffffff

/** Every record begins at a multiple of this: a pad always has room for its header. */
const align = 16

/** Shared memory of a ring that can hold `capacity` bytes, a power of two of at least 4,096. */
export function createRingMemory(capacity: number): SharedArrayBuffer {
  if (capacity < 4096 || (capacity & (capacity - 1)) !== 0) throw new RangeError(`no ring of ${capacity} bytes`)
  return new SharedArrayBuffer(controlBytes + capacity)
}

/** The writing end of a ring: one thread writes, one reads. */
export class RingWriter {
  readonly capacity: number
  readonly #control: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Buffer

  constructor(memory: SharedArrayBuffer) {
    this.capacity = memory.byteLength - controlBytes
    this.#control = new Int32Array(memory, 0, controlBytes / 4)
    this.#words = new Int32Array(memory, controlBytes)
    this.#bytes = Buffer.from(memory, controlBytes)
  }

  /** Writes the frame and publishes it; false when there is no room now. With `outside` only its header is written. */
  write(frame: OutFrame): boolean {
    const outside = (frame.flags & frameFlag.outside) !== 0
    const body = outside ? undefined : frame.pieces ? Buffer.concat(frame.pieces) : frame.body
    const bodyLength = body === undefined ? 0 : body.length
    // The exact length in UTF-8 is known only after writing: reserve the most that it can be.
    const most = outside ? headerBytes : frameBytes(frame)
    const at = this.#reserve((most + align - 1) & -align)
    if (at < 0) return false
    const start = at & (this.capacity - 1)
    const metaLength = outside || frame.meta === '' ? 0 : this.#bytes.write(frame.meta, start + headerBytes)
    if (body !== undefined) this.#bytes.set(body, start + headerBytes + metaLength)
    const word = start >> 2
    this.#words[word] = frame.type | (frame.flags << 8) | (frame.code << 16)
    this.#words[word + 1] = frame.id
    this.#words[word + 2] = metaLength
    this.#words[word + 3] = bodyLength
    Atomics.store(
      this.#control,
      written,
      (at + ((headerBytes + metaLength + bodyLength + align - 1) & -align)) & positionMask,
    )
    return true
  }

  /** Whether `length` bytes could be written now, if they need not be in a row. */
  hasRoom(length: number): boolean {
    const used = ((this.#control[written] ?? 0) - Atomics.load(this.#control, taken)) & positionMask
    return used + length <= this.capacity
  }

  /** Whether the reader sleeps; true once for each sleep, so that it is woken once. */
  mustWake(): boolean {
    return Atomics.load(this.#control, readerSleeps) === 1 && Atomics.exchange(this.#control, readerSleeps, 0) === 1
  }

  /** Asks the reader to wake this end when it has made room. Try to write once more after it. */
  waitForRoom(): void {
    Atomics.store(this.#control, writerWaits, 1)
  }

  /** Position of `length` bytes in a row, padding up to the end of the ring where they do not fit; -1 without room. */
  #reserve(length: number): number {
    const at = this.#control[written] ?? 0
    const used = (at - Atomics.load(this.#control, taken)) & positionMask
    const start = at & (this.capacity - 1)
    const rest = this.capacity - start
    if (length <= rest) return used + length <= this.capacity ? at : -1
    if (used + rest + length > this.capacity) return -1
    const word = start >> 2
    this.#words[word] = frameType.pad
    this.#words[word + 2] = 0
    this.#words[word + 3] = rest - headerBytes
    return (at + rest) & positionMask
  }
}

/** The reading end of a ring. */
export class RingReader {
  readonly #control: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #mask: number

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, controlBytes / 4)
    this.#words = new Int32Array(memory, controlBytes)
    this.#bytes = Buffer.from(memory, controlBytes)
    this.#mask = memory.byteLength - controlBytes - 1
  }

  /** Gives every frame that was there at the call, copied to memory of its own; the number of them. */
  drain(onFrame: (frame: InFrame) => void): number {
    const end = Atomics.load(this.#control, written)
    let at = this.#control[taken] ?? 0
    let count = 0
    while (at !== end) {
      const start = at & this.#mask
      const word = start >> 2
      const metaLength = this.#words[word + 2] ?? 0
      const bodyLength = this.#words[word + 3] ?? 0
      const first = this.#words[word] ?? 0
      const frame = (first & 0xff) === frameType.pad ? undefined : this.#copy(word, metaLength, bodyLength)
      at = (at + ((headerBytes + metaLength + bodyLength + align - 1) & -align)) & positionMask
      // Taken before it is given: a receiver that throws, or drains again, meets no frame twice.
      Atomics.store(this.#control, taken, at)
      if (frame === undefined) continue
      count++
      onFrame(frame)
    }
    return count
  }

  /** Goes to sleep: the writer wakes this end for what it writes from now on. False when there is something already. */
  sleep(): boolean {
    Atomics.store(this.#control, readerSleeps, 1)
    if (this.#control[taken] === Atomics.load(this.#control, written)) return true
    // When the writer was faster, its wake-up is on its way and finds the frames taken: harmless.
    Atomics.store(this.#control, readerSleeps, 0)
    return false
  }

  /** Whether the writer waits for room; true once for each time that it began to. */
  mustWakeWriter(): boolean {
    return Atomics.load(this.#control, writerWaits) === 1 && Atomics.exchange(this.#control, writerWaits, 0) === 1
  }

  #copy(word: number, metaLength: number, bodyLength: number): InFrame {
    const first = this.#words[word] ?? 0
    const start = (word << 2) + headerBytes
    const length = metaLength + bodyLength
    const bytes = length === 0 ? empty : Buffer.allocUnsafe(length)
    if (length > 0) this.#bytes.copy(bytes, 0, start, start + length)
    const head = {
      type: first & 0xff,
      flags: (first >>> 8) & 0xff,
      code: first >>> 16,
      id: (this.#words[word + 1] ?? 0) >>> 0,
      metaLength,
      bodyLength,
    }
    return new InFrame(head, bytes)
  }
}

const empty = Buffer.alloc(0)
