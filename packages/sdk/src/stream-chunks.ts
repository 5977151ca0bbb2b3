import { bytesOfText, bytesOfView } from './bytes.ts'
import type { Bytes } from './event.ts'

interface Reader {
  read(): Promise<{ done: boolean; value?: unknown }>
  cancel(reason?: unknown): Promise<void>
}

/**
 * The chunks of a handler's stream as bytes, or undefined when the value is no stream: an async iterable (a Node.js
 * `Readable`, a generator) or a `ReadableStream`. A chunk that is neither text nor bytes breaks the stream.
 */
export function streamOf(value: object): AsyncIterable<Bytes> | undefined {
  const iterable = value as AsyncIterable<unknown>
  if (typeof iterable[Symbol.asyncIterator] === 'function') {
    return chunksOf(() => iterable[Symbol.asyncIterator]())
  }
  const readable = value as { getReader?: () => Reader }
  if (typeof readable.getReader !== 'function') return undefined
  return chunksOf(() => readerIterator((readable.getReader as () => Reader)()))
}

// Not an async generator: its `return()` would wait for a `next()` that is under way and may never settle.
function chunksOf(open: () => AsyncIterator<unknown>): AsyncIterable<Bytes> {
  return {
    [Symbol.asyncIterator]() {
      const source = open()
      const leave = async (): Promise<IteratorResult<Bytes>> => {
        await source.return?.()
        return { done: true, value: undefined }
      }
      return {
        async next() {
          const step = await source.next()
          if (step.done) return { done: true, value: undefined }
          const chunk = bytesOfChunk(step.value)
          if (chunk !== undefined) return { done: false, value: chunk }
          await leave()
          throw new TypeError(`a stream may yield strings and bytes, not ${describe(step.value)}`)
        },
        return: leave,
      }
    },
  }
}

function bytesOfChunk(value: unknown): Bytes | undefined {
  if (typeof value === 'string') return bytesOfText(value)
  return typeof value === 'object' && value !== null ? bytesOfView(value) : undefined
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}

function readerIterator(reader: Reader): AsyncIterator<unknown> {
  return {
    async next() {
      const { done, value } = await reader.read()
      return done ? { done: true, value: undefined } : { done: false, value }
    },
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}
