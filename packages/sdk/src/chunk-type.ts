import type { Bytes } from './event.ts'
import type { BodyType } from './response.ts'

const chunkMark: unique symbol = Symbol('chunk type')

// Not enumerable: a chunk that is compared or shown is bytes like any others.
const marks: Readonly<Record<BodyType, PropertyDescriptor>> = {
  text: { value: 'text', writable: true, configurable: true },
  bytes: { value: 'bytes', writable: true, configurable: true },
}

/** Notes on a chunk of a stream as what it was yielded, and gives it back. Bytes that take no marks stay without. */
export function markChunk<B extends Bytes>(chunk: B, type: BodyType): B {
  Reflect.defineProperty(chunk, chunkMark, marks[type])
  return chunk
}

/** As what a chunk of a stream was yielded; undefined when that is not known. */
export function chunkType(chunk: Bytes): BodyType | undefined {
  return (chunk as { [chunkMark]?: BodyType })[chunkMark]
}
