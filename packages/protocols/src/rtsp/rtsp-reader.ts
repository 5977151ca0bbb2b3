import { Buffer } from 'node:buffer'
import { type MessageHead, readHead } from './read-head.ts'
import { RtspFault } from './rtsp-fault.ts'
import { type RtspRequest, type RtspResponse, headerOf } from './rtsp-message.ts'

/** Told what a connection's bytes mean, in order. What it throws comes out of `push`. */
export interface RtspReceiver {
  onRequest(request: RtspRequest): void
  onResponse(response: RtspResponse): void
  /** An interleaved packet (RFC 2326 §10.12): a view of the chunk that it came in where it lay in one. */
  onPacket(channel: number, packet: Buffer): void
}

/** The longest first line with its headers. */
const mostHeadBytes = 16_384
const mostBodyBytes = 65_536
const dollar = 0x24
const newline = 0x0a
const carriageReturn = 0x0d
/** `$`, channel, length. */
const prefixBytes = 4
const noBytes = Buffer.alloc(0)

/**
 * Cuts one byte stream into requests, responses and interleaved packets, however it was split. It keeps at most one of
 * them. A stream that is out of step is a fault: nothing tells where the next message begins.
 */
export class RtspReader {
  readonly #receiver: RtspReceiver
  /** A head, or the prefix of a packet, that is not whole yet. */
  #rest: Buffer = noBytes
  /** How much of `#rest` is known to hold no end of a head. */
  #searched = 0
  /** A packet or body whose end is still to come, and how much of it is there. */
  #part: Buffer | undefined
  #partKept = 0
  /** Of the packet that is arriving. */
  #channel = 0
  /** Of the message whose body is arriving. */
  #head: MessageHead | undefined
  #isStopped = false

  constructor(receiver: RtspReceiver) {
    this.#receiver = receiver
  }

  /** Drops whatever comes. */
  stop(): void {
    this.#isStopped = true
    this.#rest = noBytes
    this.#part = undefined
  }

  /** Takes the next bytes; nobody may write to them afterwards. Throws `RtspFault`. */
  push(chunk: Buffer): void {
    if (this.#isStopped) return
    let at = this.#part ? this.#goOn(this.#part, chunk) : 0
    let bytes = chunk
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, chunk])
      this.#rest = noBytes
    }
    while (at < bytes.length && !this.#isStopped) {
      const next = this.#readNext(bytes, at)
      if (next < 0) break
      at = next
    }
    if (at < bytes.length && !this.#isStopped && !this.#part) this.#rest = keep(bytes, at)
  }

  /** Gives back where to read on; -1 when more must come first. */
  #readNext(bytes: Buffer, at: number): number {
    const first = bytes[at]!
    if (first === dollar) return this.#readPacket(bytes, at)
    // Blank lines between messages keep connections alive.
    if (first === newline || first === carriageReturn) return at + 1
    return this.#readMessage(bytes, at)
  }

  #readPacket(bytes: Buffer, at: number): number {
    if (bytes.length - at < prefixBytes) return -1
    const channel = bytes[at + 1]!
    const from = at + prefixBytes
    const to = from + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
    if (to <= bytes.length) {
      this.#receiver.onPacket(channel, bytes.subarray(from, to))
      return to
    }
    this.#channel = channel
    return this.#begin(to - from, bytes, from)
  }

  #readMessage(bytes: Buffer, at: number): number {
    const end = endOfHead(bytes, at, Math.max(at, this.#searched))
    if ((end < 0 ? bytes.length : end) - at > mostHeadBytes) {
      throw new RtspFault(`a message's head of more than ${mostHeadBytes} bytes`)
    }
    if (end < 0) {
      checkStart(bytes, at)
      // The last two bytes may begin the end; `#rest` will begin at `at`.
      this.#searched = Math.max(0, bytes.length - at - 2)
      return -1
    }
    this.#searched = 0
    const head = readHead(bytes.toString('utf8', at, end).trimEnd())
    const length = bodyLength(head)
    if (end + length <= bytes.length) {
      this.#tell(head, bytes.subarray(end, end + length))
      return end + length
    }
    this.#head = head
    return this.#begin(length, bytes, end)
  }

  /** Room for what is announced is taken at once: it is at most 64 KB. */
  #begin(length: number, bytes: Buffer, from: number): number {
    this.#part = Buffer.allocUnsafe(length)
    this.#partKept = bytes.copy(this.#part, 0, from)
    return bytes.length
  }

  #goOn(part: Buffer, chunk: Buffer): number {
    const taken = chunk.copy(part, this.#partKept)
    this.#partKept += taken
    if (this.#partKept < part.length) return taken
    const head = this.#head
    this.#part = this.#head = undefined
    if (head) this.#tell(head, part)
    else this.#receiver.onPacket(this.#channel, part)
    return taken
  }

  #tell({ start, headers }: MessageHead, body: Buffer): void {
    if ('status' in start) this.#receiver.onResponse({ ...start, headers, body })
    else this.#receiver.onRequest({ ...start, headers, body })
  }
}

/** Where the body begins: behind an empty line; -1 while there is none. */
function endOfHead(bytes: Buffer, at: number, from: number): number {
  for (let line = bytes.indexOf(newline, from); line >= 0; line = bytes.indexOf(newline, line + 1)) {
    const next = bytes[line + 1]
    if (next === newline) return line + 2
    if (next === carriageReturn && bytes[line + 2] === newline) return line + 3
    if (line - at > mostHeadBytes) return -1
  }
  return -1
}

/** What cannot begin a message is not waited for. */
function checkStart(bytes: Buffer, at: number): void {
  const to = Math.min(bytes.length, at + 16)
  for (let place = at; place < to; place++) {
    const byte = bytes[place]!
    if (byte < 0x20 || byte > 0x7e) {
      if (byte === newline || byte === carriageReturn || byte === 0x09) return
      throw new RtspFault('what came is no RTSP: the stream is out of step')
    }
  }
}

function bodyLength(head: MessageHead): number {
  const text = headerOf(head, 'content-length')
  if (text === undefined || text === '') return 0
  if (!/^\d{1,15}$/.test(text)) throw new RtspFault('a Content-Length that is no number')
  const length = Number(text)
  if (length > mostBodyBytes) throw new RtspFault(`a body of more than ${mostBodyBytes} bytes`)
  return length
}

/** A small rest must not keep a large chunk. */
function keep(bytes: Buffer, at: number): Buffer {
  return Buffer.from(bytes.subarray(at))
}
