import type { BodyType } from '@pelton/sdk'
import { chunkType, markChunk } from '@pelton/sdk/chunk-type'
import { FrameBreach } from './frame.ts'

/** Bits of a response's code beside the status: as what the handler gave its body. Neither: not known. */
const textBit = 0x8000
const bytesBit = 0x4000
const statusBits = 0x3fff

/** Codes of a chunk frame, by what it was yielded as; 0: not known. */
const chunkCodes: Readonly<Record<BodyType, number>> = { text: 1, bytes: 2 }

/** The code of a response frame. */
export function responseCode(status: number, type: BodyType | undefined): number {
  if (type === undefined) return status
  return status | (type === 'text' ? textBit : bytesBit)
}

/** The status in the code of a response frame; throws `FrameBreach` for one that no response may have. */
export function statusOf(code: number): number {
  const status = code & statusBits
  if (status < 200 || status > 599) throw new FrameBreach(`a response with status ${status}`)
  return status
}

/** The body's type in the code of a response frame; throws `FrameBreach` when it says both. */
export function bodyTypeOf(code: number): BodyType | undefined {
  if (code <= statusBits) return undefined
  if ((code & textBit) === 0) return 'bytes'
  if ((code & bytesBit) !== 0) throw new FrameBreach('a body that is both text and bytes')
  return 'text'
}

/** The code of a frame with this chunk. */
export function chunkCode(chunk: Uint8Array): number {
  const type = chunkType(chunk)
  return type === undefined ? 0 : chunkCodes[type]
}

/** The chunk of a frame with this code, marked; throws `FrameBreach` for a code that means nothing. */
export function chunkOf(code: number, chunk: Buffer): Buffer {
  if (code === 0) return chunk
  if (code === chunkCodes.text) return markChunk(chunk, 'text')
  if (code === chunkCodes.bytes) return markChunk(chunk, 'bytes')
  throw new FrameBreach(`a chunk with code ${code}`)
}
