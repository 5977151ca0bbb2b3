import { Buffer } from 'node:buffer'
import type { SourceCodec } from '../video-decoder.ts'

const codecTags = { h264: 'H264', h265: 'HEVC', jpeg: 'MJPG' } as const

/** The head of a stream in the IVF container, in which a unit may be decoded as soon as it is there. Times are in ms. */
export function ivfHead(codec: SourceCodec): Buffer {
  const head = Buffer.alloc(32)
  head.write('DKIF')
  head.writeUInt16LE(head.length, 6)
  head.write(codecTags[codec], 8, 'latin1')
  head.writeUInt32LE(1_000, 16)
  head.writeUInt32LE(1, 20)
  return head
}

/** What stands before a unit of so many bytes. */
export function ivfUnitHead(bytes: number, time: number): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(bytes)
  head.writeBigUInt64LE(BigInt(time), 4)
  return head
}
