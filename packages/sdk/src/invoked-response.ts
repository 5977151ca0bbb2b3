import { bytesOfText, textOfBytes } from './bytes.ts'
import type { Bytes, HeaderMap } from './event.ts'
import type { LogLevel } from './logger.ts'
import type { BodyType, Response } from './response.ts'

/** One line that the handler logged. */
export interface InvokedLog {
  level: LogLevel
  message: string
  facts?: Record<string, unknown>
}

/** What an invoked handler answered. */
export interface InvokedResponse {
  status: number
  /** By lower-case name; a repeated one is a list. */
  headers: HeaderMap
  contentType: string
  /** The whole body; of a stream all chunks. */
  body: Bytes
  /** Whether the handler gave text (or JSON) or bytes; absent for streams and where it is not known. */
  bodyType?: BodyType
  /** A stream's chunks one by one; otherwise the body alone. */
  chunks: Bytes[]
  /** What the handler gave for its trigger alone, such as by `context.extproc.proceed()`; absent without it. */
  extra?: Record<string, unknown>
  text(): string
  json<T = unknown>(): T
  /** What the handler logged for this event. */
  logs: InvokedLog[]
  /** What it threw, or why its result could not be read; then the status is 500. */
  error?: unknown
}

/** Collects a response with its body. A stream that breaks off rejects. */
export async function collectResponse(response: Response, logs: InvokedLog[]): Promise<InvokedResponse> {
  const chunks = await chunksOf(response.body)
  const body = joined(chunks)
  const { status, contentType, bodyType, extra } = response
  const text = (): string => textOfBytes(body)
  const json = <T>(): T => JSON.parse(text()) as T
  const type = bodyType === undefined ? {} : { bodyType }
  const more = extra === undefined ? type : { ...type, extra }
  return { status, headers: headerMap(response), contentType, body, ...more, chunks, text, json, logs }
}

/** What callers see of a handler that failed. */
export async function failedResponse(error: unknown, logs: InvokedLog[]): Promise<InvokedResponse> {
  const body = bytesOfText('the handler failed')
  return { ...(await collectResponse({ status: 500, headers: [], contentType: 'text/plain', body }, logs)), error }
}

async function chunksOf(body: Response['body']): Promise<Bytes[]> {
  if (body === undefined) return []
  if (ArrayBuffer.isView(body)) return [body]
  const chunks: Bytes[] = []
  for await (const chunk of body) chunks.push(chunk)
  return chunks
}

function joined(chunks: Bytes[]): Bytes {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0]
  const body = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0))
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.byteLength
  }
  return body
}

function headerMap({ headers }: Response): HeaderMap {
  const map: HeaderMap = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = Object.hasOwn(map, key) ? map[key] : undefined
    const content = before === undefined ? value : [before, value].flat()
    Object.defineProperty(map, key, { value: content, writable: true, enumerable: true, configurable: true })
  }
  return map
}
