import { bytesOfText, bytesOfView } from './bytes.ts'
import { markChunk } from './chunk-type.ts'
import type { HandlerResponse } from './context.ts'
import type { Bytes } from './event.ts'
import { responseOrigin } from './respond.ts'

type ReadChunk = (value: unknown) => Bytes | undefined
type Source = AsyncIterator<unknown> | Iterator<unknown>

interface Reader {
  read(): Promise<{ done: boolean; value?: unknown }>
  cancel(reason?: unknown): Promise<void>
}

/**
 * The chunks of a handler's stream as bytes, each with its `chunkType`, or undefined when the value is no stream: an
 * async iterable (a Node.js `Readable`), a generator of either sort or a `ReadableStream`. A chunk that is neither text nor bytes, nor a
 * response that a kind's handler side made, breaks the stream. Where `bytesMayBeText`, chunks of bytes have no type.
 */
export function streamOf(value: object, bytesMayBeText = false): AsyncIterable<Bytes> | undefined {
  const read = bytesMayBeText ? bytesOfChunk : typedBytes
  const { getReader } = value as { getReader?: () => Reader }
  if (typeof getReader === 'function') return chunksOf(() => readerIterator(getReader.call(value)), read)
  if (isGenerator(value)) return chunksOf(() => value, read)
  const iterable = value as AsyncIterable<unknown> & { destroy?: () => unknown }
  if (typeof iterable[Symbol.asyncIterator] !== 'function') return undefined
  return chunksOf(() => {
    const iterator = iterable[Symbol.asyncIterator]()
    return typeof iterable.destroy === 'function' ? destroying(iterator, iterable.destroy.bind(iterable)) : iterator
  }, read)
}

// Not an async generator: its `return()` would wait for a `next()` that is under way and may never settle.
function chunksOf(open: () => Source, read: ReadChunk): AsyncIterable<Bytes> {
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
          const chunk = read(step.value)
          if (chunk !== undefined) return { done: false, value: chunk }
          await leave()
          throw new TypeError(`a stream may yield strings and bytes, not ${describe(step.value)}`)
        },
        return: leave,
      }
    },
  }
}

/** What a `function*` gives; other iterables, such as lists and maps, are values. */
function isGenerator(value: object): value is Iterator<unknown> {
  return Object.prototype.toString.call(value) === '[object Generator]'
}

function bytesOfChunk(value: unknown): Bytes | undefined {
  if (typeof value === 'string') return markChunk(bytesOfText(value), 'text')
  if (typeof value !== 'object' || value === null) return undefined
  return bytesOfView(value) ?? (isKindsResponse(value) ? bytesOfChunk(value.body) : undefined)
}

/** Made by what a kind gives handlers (`context.tensors.response`): its body is a chunk. */
function isKindsResponse(value: object): value is HandlerResponse {
  return responseOrigin(value) !== undefined && (value as HandlerResponse).extra !== undefined
}

function typedBytes(value: unknown): Bytes | undefined {
  const bytes = bytesOfChunk(value)
  return bytes === undefined || typeof value === 'string' ? bytes : markChunk(bytes, 'bytes')
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
