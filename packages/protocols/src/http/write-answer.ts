import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import type { Bytes, HeaderList } from '@pelton/core'
import type { HttpResponse } from './http-message.ts'
import { textAnswer } from './text-answer.ts'
import { leave, writeStream } from './write-stream.ts'

/** Up to here head and body go out as one string: one write, and no gathering of two. */
const mostInOnePiece = 16_384
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Bytes): string }

/** Writes an answer; calls `written` once when it has been given to the socket, or cannot be. */
export function writeAnswer(
  response: ServerResponse,
  answer: HttpResponse,
  isHead: boolean,
  written: () => void,
  onFault: (error: unknown) => void,
): void {
  const { body } = answer
  const streams = body !== undefined && !(body instanceof Uint8Array)
  if (response.destroyed) {
    if (streams) leave(body)
    return written()
  }
  const bodyless = isHead || answer.status === 204 || answer.status === 304
  if (!writeHead(response, answer, onFault)) {
    if (streams) leave(body)
    return writeAnswer(response, textAnswer(500, 'internal error\n'), isHead, written, onFault)
  }
  if (!streams) {
    writeBytes(response, bodyless ? undefined : body)
    return written()
  }
  if (!bodyless) return writeStream(response, body, written)
  leave(body)
  response.end()
  written()
}

function writeHead(response: ServerResponse, answer: HttpResponse, onFault: (error: unknown) => void): boolean {
  try {
    const { status } = answer
    if (!(status >= 200 && status <= 599)) throw new RangeError(`status ${status} is not between 200 and 599`)
    response.writeHead(status, rawHead(response, answer))
    return true
  } catch (error) {
    onFault(error)
    return false
  }
}

function writeBytes(response: ServerResponse, body: Bytes | undefined): void {
  if (body === undefined || body.length === 0) response.end()
  else if (body.length > mostInOnePiece) response.end(body)
  else response.end(latin1Slice.call(body), 'latin1')
}

function rawHead(response: ServerResponse, answer: HttpResponse): string[] {
  const head: string[] = []
  if (answer.contentType !== '') head.push('Content-Type', answer.contentType)
  addHeaders(head, answer.headers, response)
  const { body, status } = answer
  if (status === 204 || status === 304) return head
  if (body === undefined) head.push('Content-Length', '0')
  else if (body instanceof Uint8Array) head.push('Content-Length', String(body.length))
  return head
}

const framing = new Set([
  'connection',
  'content-length',
  'content-type',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function addHeaders(head: string[], headers: HeaderList, response: ServerResponse): void {
  for (const [name, value] of headers) {
    const known = name.toLowerCase()
    if (!framing.has(known)) head.push(name, value)
    else if (known === 'connection' && value.toLowerCase() === 'close') response.shouldKeepAlive = false
    else if (known === 'content-type' && !head.includes('Content-Type')) head.push('Content-Type', value)
  }
}
