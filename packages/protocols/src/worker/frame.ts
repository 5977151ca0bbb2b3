/** Bytes of a frame's header: u8 type, u8 flags, u16 code, u32 id, u32 meta length, u32 body length; little-endian. */
export const headerBytes = 16

/** What a frame is. Below 32 it goes to the host of the handler, from 32 on it comes from there. */
export const frameType = {
  /** Fills a ring up to its end; never on a socket. */
  pad: 0,
  start: 1,
  event: 2,
  abort: 3,
  cancel: 4,
  window: 5,
  ping: 6,
  stop: 7,
  result: 8,
  batch: 9,
  ready: 32,
  refused: 33,
  response: 34,
  failed: 35,
  chunk: 36,
  end: 37,
  broken: 38,
  log: 39,
  fault: 40,
  pong: 41,
  call: 42,
  returned: 43,
  memory: 44,
} as const

/** Codes of an abort frame: why. */
export const abortCode = { left: 0, deadline: 1 } as const

/** Codes of a memory frame: what a region has become. */
export const memoryCode = { usable: 0, kept: 1 } as const

/** Bits of the flags byte. Each has one meaning, whatever the frame's type. */
export const frameFlag = {
  /** Meta and body lie outside the ring and come by the port; on a socket, the body of an event lies in shared memory. */
  outside: 1,
  /** The body is absent, which is not the same as empty. */
  noBody: 2,
  /** The body follows in chunks. */
  stream: 4,
  /** The meta is a content type as it stands, not JSON. */
  plainMeta: 8,
  /** Somewhere in the meta stands `{"$bytes": base64}` for bytes. */
  bytesInMeta: 16,
  /** An abort may follow. */
  abortable: 32,
  /** The result of a call is an error. */
  error: 64,
  /** The meta of an event has `extra`: without it nobody needs to parse the meta to know that there is none. */
  extra: 128,
} as const

/** Most bytes of a frame's meta. */
export const maxMetaBytes = 4 * 1024 * 1024

/** Most bytes of a frame's body. */
export const maxBodyBytes = 256 * 1024 * 1024

/** Bytes of a streamed body that may be on their way, each chunk counted with its header. */
export const streamWindowBytes = 256 * 1024

/** Why bytes are no frames, or a frame is not what may come now: its sender does not keep to the protocol. */
export class FrameBreach extends Error {}

/** A frame to send. All members are always there, so that every frame has one shape. */
export interface OutFrame {
  type: number
  flags: number
  code: number
  id: number
  meta: string
  body: Uint8Array | undefined
  /** Instead of a body what it is joined of; read before `send` returns. */
  pieces?: readonly Uint8Array[] | undefined
  /** The body's memory is nobody else's from now on: it may be transferred to another thread. */
  owned: boolean
}

/** A frame with meta and body, or without. */
export function frame(type: number, id: number, meta = '', body?: Uint8Array): OutFrame {
  return { type, flags: 0, code: 0, id, meta, body, owned: false }
}

/** A frame that arrived. Its bytes are its own: they stay valid as long as somebody keeps them. */
export class InFrame {
  readonly type: number
  readonly flags: number
  readonly code: number
  readonly id: number
  /** Meta and body, one after the other. */
  readonly #bytes: Buffer
  readonly #metaLength: number
  readonly #meta: string | undefined

  /** `meta` is given where it does not stand before the body in `bytes`. */
  constructor(head: FrameHead, bytes: Buffer, meta?: string) {
    this.type = head.type
    this.flags = head.flags
    this.code = head.code
    this.id = head.id
    this.#metaLength = meta === undefined ? head.metaLength : 0
    this.#bytes = bytes
    this.#meta = meta
  }

  /** The meta as text; decoded at each call. */
  meta(): string {
    return this.#meta ?? this.#bytes.toString('utf8', 0, this.#metaLength)
  }

  /** The body without a copy. */
  body(): Buffer {
    return this.#metaLength === 0 ? this.#bytes : this.#bytes.subarray(this.#metaLength)
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }
}

/** A header, read. */
export interface FrameHead {
  type: number
  flags: number
  code: number
  id: number
  metaLength: number
  bodyLength: number
}

/** Reads the header at `at`; the bytes may be anything, so the caller judges the values. */
export function readHead(bytes: Buffer, at: number): FrameHead {
  return {
    type: bytes.readUInt8(at),
    flags: bytes.readUInt8(at + 1),
    code: bytes.readUInt16LE(at + 2),
    id: bytes.readUInt32LE(at + 4),
    metaLength: bytes.readUInt32LE(at + 8),
    bodyLength: bytes.readUInt32LE(at + 12),
  }
}

/** Writes a header at `at`. */
export function writeHead(bytes: Buffer, at: number, head: FrameHead): void {
  bytes.writeUInt8(head.type, at)
  bytes.writeUInt8(head.flags, at + 1)
  bytes.writeUInt16LE(head.code, at + 2)
  bytes.writeUInt32LE(head.id, at + 4)
  bytes.writeUInt32LE(head.metaLength, at + 8)
  bytes.writeUInt32LE(head.bodyLength, at + 12)
}

/** Most bytes that a frame can take on its way; its meta may be shorter than that in UTF-8. */
export function frameBytes(frame: OutFrame): number {
  return headerBytes + frame.meta.length * 3 + bodyBytes(frame)
}

/** Bytes of a frame's body. */
export function bodyBytes({ body, pieces }: Pick<OutFrame, 'body' | 'pieces'>): number {
  if (pieces === undefined) return body === undefined ? 0 : body.length
  let sum = 0
  for (const piece of pieces) sum += piece.length
  return sum
}
