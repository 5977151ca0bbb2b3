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
  const { getReader } = value as { getReader?: () => Reader }
  if (typeof getReader === 'function') return chunksOf(() => readerIterator(getReader.call(value)))
  const iterable = value as AsyncIterable<unknown> & { destroy?: () => unknown }
  if (typeof iterable[Symbol.asyncIterator] !== 'function') return undefined
  return chunksOf(() => {
    const iterator = iterable[Symbol.asyncIterator]()
    return typeof iterable.destroy === 'function' ? destroying(iterator, iterable.destroy.bind(iterable)) : iterator
  })
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

// A Node.js stream's own `return()` waits for the chunk that is being read, which may never come.
function destroying(iterator: AsyncIterator<unknown>, destroy: () => unknown): AsyncIterator<unknown> {
  return {
    next: () => iterator.next(),
    return() {
      destroy()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
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
