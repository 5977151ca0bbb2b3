import {
  FrameBreach,
  type FrameHead,
  frameType,
  headerBytes,
  InFrame,
  maxBodyBytes,
  maxMetaBytes,
  readHead,
} from './frame.ts'

const knownTypes = new Set<number>(Object.values(frameType).filter((type) => type !== frameType.pad))

/** A reader of frames from chunks of bytes, however they are cut. It throws `FrameBreach` at bytes that are no frames. */
export interface FrameParser {
  push(chunk: Buffer): void
}

/** Makes a parser. It holds at most one frame; what a header claims is allocated only as the bytes arrive. */
export function createFrameParser(onFrame: (frame: InFrame) => void): FrameParser {
  let parts: Buffer[] = []
  let held = 0
  let wanted = headerBytes

  const keep = (bytes: Buffer): void => {
    parts.push(bytes)
    held += bytes.length
  }
  // Joined only when a whole frame is there, so that many small chunks of one big frame cost no repeated copying.
  const join = (): Buffer => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, held)
    parts = []
    held = 0
    return bytes
  }
  const parse = (bytes: Buffer): void => {
    let at = 0
    while (bytes.length - at >= headerBytes) {
      const head = checkedHead(bytes, at)
      const length = head.metaLength + head.bodyLength
      if (bytes.length - at < headerBytes + length) {
        wanted = headerBytes + length
        return keep(bytes.subarray(at))
      }
      at += headerBytes
      onFrame(new InFrame(head, ownBytes(bytes, at, length)))
      at += length
    }
    wanted = headerBytes
    if (at < bytes.length) keep(bytes.subarray(at))
  }
  return {
    push(chunk) {
      if (held === 0) return parse(chunk)
      keep(chunk)
      if (held >= wanted) parse(join())
    },
  }
}

/** Small frames are copied out, so that one of them which is kept does not keep the whole chunk that it came in. */
function ownBytes(bytes: Buffer, at: number, length: number): Buffer {
  const part = bytes.subarray(at, at + length)
  return length * 2 < bytes.length ? Buffer.from(part) : part
}

function checkedHead(bytes: Buffer, at: number): FrameHead {
  const head = readHead(bytes, at)
  if (!knownTypes.has(head.type)) throw new FrameBreach(`there is no frame of type ${head.type}`)
  if (head.metaLength > maxMetaBytes) throw new FrameBreach(`a meta of ${head.metaLength} bytes`)
  if (head.bodyLength > maxBodyBytes) throw new FrameBreach(`a body of ${head.bodyLength} bytes`)
  return head
}
