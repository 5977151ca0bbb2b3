import { Buffer } from 'node:buffer'
import { errors } from '../errors.ts'
import { Delimiter } from './delimiter.ts'
import { firstLineOf } from './first-part.ts'
import { GrowingBuffer } from './growing-buffer.ts'
import { isWholeJpeg } from './is-jpeg.ts'
import { JpegEnd } from './jpeg-end.ts'
import { PartHead } from './part-head.ts'

/** Why there is no frame of a part: its body or its header lines are longer than allowed. */
export type PartFault = 'oversized' | 'malformed'

/** What a reader tells. */
export interface MjpegEvents {
  /**
   * The body of a part, never empty; whether it is a JPEG is not judged. One that came in one chunk is a view on that chunk, any other has
   * memory of its own.
   */
  onFrame(frame: Buffer): void
  /** A part was left out. */
  onFault(fault: PartFault): void
}

/** How a stream is read. */
export interface MjpegRules {
  /** As the content type names it; undefined: the first line that begins with two hyphens says it. */
  boundary: string | undefined
  /** Default 16 MiB. */
  maxFrameBytes?: number
}

/** Most bytes of a frame, unless configured. */
export const defaultMaxFrameBytes = 16 << 20
/** Most bytes before the first part, and least of those that may be skipped later. */
const mostPreambleBytes = 1 << 20
/** Most bytes before the first line that may name the boundary, or with the first part's header lines. */
const mostUnnamedBytes = 16 * 1024
/** Most bytes until a delimiter comes, where the end of a part is looked for: so many times the longest frame. */
const mostSkippedFrames = 4
/** Most bytes of the rest of a delimiter's line. */
const mostLineBytes = 256

const nothing = Buffer.alloc(0)
const firstDelimiter = /(?:^|\n)--([^\r\n]{1,200})\r?\n/

type State =
  /** Before the first delimiter, whose boundary is not known. */
  | 'unnamed'
  /** At the begin of a stream whose boundary is named: it may be spelled otherwise. */
  | 'named'
  /** Looks for a delimiter; what comes before it is dropped. */
  | 'between'
  /** In the rest of a delimiter's line. */
  | 'line'
  | 'head'
  /** In a body of a length that is believed. */
  | 'sized'
  /** After such a body that is not a whole JPEG: only what follows says whether its length was right. */
  | 'after'
  /** In a body whose end is looked for. */
  | 'open'

/**
 * Reads a `multipart/x-mixed-replace` stream (RFC 2046 §5.1.1, as cameras write it): bytes in, frames out. A frame is told as soon as it is
 * whole: by its length, or by the end of its JPEG, else by the delimiter after it. A source whose length was
 * wrong once is not believed again. Memory is bounded by one frame. The chunks are the reader's: nobody writes to them after `push`.
 */
export class MjpegReader {
  readonly #events: MjpegEvents
  readonly #maxFrameBytes: number
  readonly #head = new PartHead()
  readonly #jpegEnd = new JpegEnd()
  readonly #gathered = new GrowingBuffer()
  #delimiter: Delimiter
  #state: State
  /** Of a chunk before: too little to decide anything. */
  #rest: Buffer = nothing
  #isFirst = true
  #skipped = 0
  #believesLengths = true
  /** Of state `sized`: a frame that did not come in one chunk, and how much of it is there. */
  #frame: Buffer | undefined
  #filled = 0
  /** Of state `after`. */
  #held: Buffer = nothing

  constructor({ boundary, maxFrameBytes = defaultMaxFrameBytes }: MjpegRules, events: MjpegEvents) {
    this.#events = events
    this.#maxFrameBytes = maxFrameBytes
    this.#delimiter = new Delimiter(boundary ?? '')
    this.#state = boundary === undefined ? 'unnamed' : 'named'
  }

  /** Takes a chunk in. Throws `mjpeg_boundary_missing` when no delimiter comes for too long: then the stream is of no use. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = nothing
    // An event may give the memory of a frame to another thread, and then a chunk's length with it.
    const { length } = bytes
    for (let at = 0; at < length;) at = this.#step(bytes, at)
  }

  /** The stream is over: a frame that only lacked what follows it is told. */
  end(): void {
    if (this.#state === 'after') this.#tell(this.#held)
    this.#held = nothing
    this.#state = 'between'
  }

  /** Goes on from `at`, and gives where to go on from then. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'unnamed':
        return this.#findName(bytes, at)
      case 'named':
        return this.#checkName(bytes, at)
      case 'between':
        return this.#skip(bytes, at)
      case 'line':
        return this.#finishLine(bytes, at)
      case 'head':
        return this.#readHead(bytes, at)
      case 'sized':
        return this.#fill(bytes, at)
      case 'after':
        return this.#judge(bytes, at)
      case 'open':
        return this.#gather(bytes, at)
    }
  }

  /** Waits for more; the bytes from `at` on come again. */
  #wait(bytes: Buffer, at: number): number {
    this.#rest = bytes.subarray(at)
    return bytes.length
  }

  #findName(bytes: Buffer, at: number): number {
    const found = firstDelimiter.exec(bytes.toString('latin1', at, Math.min(bytes.length, at + mostUnnamedBytes)))
    if (!found) {
      if (bytes.length - at > mostUnnamedBytes)
        throw errors.mjpeg_boundary_missing({ boundary: '', bytes: bytes.length - at })
      return this.#wait(bytes, at)
    }
    this.#delimiter = new Delimiter(found[1]?.trimEnd() ?? '')
    this.#state = 'between'
    return at + found.index
  }

  /** Some cameras name one boundary, and send another or leave its hyphens out: then the line before the first picture is right. */
  #checkName(bytes: Buffer, at: number): number {
    const { boundary } = this.#delimiter
    const first = firstLineOf(bytes.toString('latin1', at, Math.min(bytes.length, at + mostUnnamedBytes)), boundary)
    const named = this.#delimiter.find(bytes, at)
    if (!first && named < 0 && bytes.length - at <= mostUnnamedBytes) return this.#wait(bytes, at)
    this.#state = 'between'
    if (!first || (named >= 0 && named < at + first.length)) return at
    this.#delimiter = new Delimiter(boundary, first.line)
    this.#isFirst = false
    this.#state = 'head'
    this.#head.reset()
    return at + first.length
  }

  #skip(bytes: Buffer, at: number): number {
    const found = this.#delimiter.find(bytes, at)
    const end = found < 0 ? Math.max(at, bytes.length - this.#delimiter.length) : found
    this.#skipped += end - at
    if (this.#skipped > this.#mostSkippedBytes()) {
      throw errors.mjpeg_boundary_missing({ boundary: this.#delimiter.boundary, bytes: this.#skipped })
    }
    return found < 0 ? this.#wait(bytes, end) : this.#pass(found)
  }

  #mostSkippedBytes(): number {
    return this.#isFirst ? mostPreambleBytes : Math.max(mostPreambleBytes, mostSkippedFrames * this.#maxFrameBytes)
  }

  /** Passes the delimiter that begins at `at`. */
  #pass(at: number): number {
    this.#state = 'line'
    this.#isFirst = false
    this.#skipped = 0
    return at + this.#delimiter.length
  }

  #finishLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at)
    if (end < 0 && bytes.length - at <= mostLineBytes) return this.#wait(bytes, at)
    // After the last delimiter nothing is expected; some send it between parts all the same.
    const isPart = end >= 0 && bytes[at] !== 0x2d
    this.#state = isPart ? 'head' : 'between'
    if (isPart) this.#head.reset()
    return end < 0 ? at : end + 1
  }

  #readHead(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length;) {
      const isEmpty = bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] === 0x0a)
      const next = this.#head.read(bytes, at)
      if (this.#head.isTooLong(next === undefined ? bytes.length - at : 0)) {
        this.#leaveOut('malformed')
        return at
      }
      if (next === undefined) return this.#wait(bytes, at)
      if (isEmpty) {
        this.#begin()
        return next
      }
      at = next
    }
    return bytes.length
  }

  #leaveOut(fault: PartFault): void {
    this.#state = 'between'
    this.#events.onFault(fault)
  }

  /** A body begins. */
  #begin(): void {
    const length = this.#head.contentLength ?? 0
    if (length > this.#maxFrameBytes) return this.#leaveOut('oversized')
    this.#jpegEnd.reset()
    this.#state = length > 0 && this.#believesLengths ? 'sized' : 'open'
  }

  #fill(bytes: Buffer, at: number): number {
    const length = this.#head.contentLength ?? 0
    const end = at + length - this.#filled
    if (!this.#frame && end <= bytes.length) {
      this.#finishSized(bytes.subarray(at, end))
      return end
    }
    this.#frame ??= Buffer.allocUnsafeSlow(length)
    this.#filled += bytes.copy(this.#frame, this.#filled, at, end)
    if (this.#filled < length) return bytes.length
    const frame = this.#frame
    this.#frame = undefined
    this.#filled = 0
    this.#finishSized(frame)
    return end
  }

  /** The length of a whole JPEG was right. Any other body is told once something fitting follows. */
  #finishSized(frame: Buffer): void {
    const isWhole = isWholeJpeg(frame)
    this.#state = isWhole ? 'between' : 'after'
    if (isWhole) this.#tell(frame)
    else this.#held = frame
  }

  #judge(bytes: Buffer, at: number): number {
    const found = this.#delimiter.findAfter(bytes, at)
    if (found === undefined) return this.#wait(bytes, at)
    const held = this.#held
    this.#held = nothing
    if (found >= 0) {
      this.#tell(held)
      return this.#pass(found)
    }
    this.#believesLengths = false
    this.#state = 'open'
    this.push(held)
    this.push(bytes.subarray(at))
    return bytes.length
  }

  #gather(bytes: Buffer, at: number): number {
    const before = this.#gathered.length
    if (before > 0) this.#gathered.add(bytes, at)
    // All of the body that is there, from `start` on; what is new begins at `news`.
    const body = before > 0 ? this.#gathered.bytes : bytes
    const start = before > 0 ? 0 : at
    const news = before > 0 ? before : at
    // First the delimiter: the search for the end of a picture must not go over the parts behind it again and again.
    const found = this.#delimiter.find(body, Math.max(start, news - this.#delimiter.length))
    const end = this.#jpegEnd.find(found < 0 ? body : body.subarray(0, found), start)
    if (end >= 0) {
      this.#finishOpen(body.subarray(start, end))
      return end + at - news
    }
    if (found >= 0) {
      this.#finishOpen(body.subarray(start, this.#delimiter.trim(body, start, found)))
      return this.#pass(found) + at - news
    }
    if (before === 0) this.#gathered.add(bytes, at)
    if (this.#gathered.length <= this.#maxFrameBytes + this.#delimiter.mostLength) return bytes.length
    const rest = this.#gathered.bytes.subarray(-this.#delimiter.length)
    this.#gathered.clear()
    this.#leaveOut('oversized')
    this.#rest = rest
    return bytes.length
  }

  #finishOpen(frame: Buffer): void {
    this.#gathered.clear()
    this.#state = 'between'
    this.#tell(frame)
  }

  #tell(frame: Buffer): void {
    if (frame.length > this.#maxFrameBytes) this.#events.onFault('oversized')
    else if (frame.length > 0) this.#events.onFrame(frame)
  }
}
