import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import type { Bytes, HeaderList } from '@pelton/core'
import type { HttpResponse } from './http-message.ts'
import { pushBody } from './push-body.ts'
import { textAnswer } from './text-answer.ts'
import { leave, writeStream } from './write-stream.ts'

/** Up to here head and body go out as one string: one write, and no gathering of two. */
const mostInOnePiece = 16_384
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Bytes): string }

/** Whose answer is written. */
export interface AnswerOwner {
  /** The request was a HEAD: its answer has no body. */
  readonly isHead: boolean
  /** Called when the body is pushed: the connection answers nothing after it. Aborts when the client leaves. */
  beginPush(): AbortSignal
  /** Called when the answer has been given to the socket or cannot be; a second call changes nothing. */
  written(): void
  /** Called with what a client only sees as a 500. */
  fault(error: unknown): void
}

/** Writes an answer as fast as the client reads it. One that cannot be sent becomes a 500. */
export function writeAnswer(response: ServerResponse, answer: HttpResponse, owner: AnswerOwner): void {
  const { body, status, push } = answer
  const stream = body === undefined || body instanceof Uint8Array ? undefined : body
  if (response.destroyed) {
    if (stream) leave(stream)
    return owner.written()
  }
  const fault = writeHead(response, answer)
  if (fault) {
    if (stream) leave(stream)
    owner.fault(fault)
    return writeAnswer(response, textAnswer(500, 'internal error\n'), owner)
  }
  const isBodyless = owner.isHead || status === 204 || status === 304
  if (stream && !isBodyless) return writeStream(response, stream, () => owner.written())
  if (push && !isBodyless) return pushBody(response, push, owner.beginPush(), () => owner.written())
  if (stream) leave(stream)
  writeBytes(response, isBodyless || stream ? undefined : (body as Bytes | undefined))
  owner.written()
}

/** Gives back why the head cannot be sent. */
function writeHead(response: ServerResponse, answer: HttpResponse): Error | undefined {
  const { status } = answer
  if (!(status >= 200 && status <= 599)) return new RangeError(`status ${status} is not between 200 and 599`)
  try {
    response.writeHead(status, rawHead(response, answer))
    return undefined
  } catch (error) {
    return error as Error
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
  const { body, status, push } = answer
  if (push) endWithConnection(response)
  if (push || status === 204 || status === 304) return head
  if (body === undefined) head.push('Content-Length', '0')
  else if (body instanceof Uint8Array) head.push('Content-Length', String(body.length))
  return head
}

function endWithConnection(response: ServerResponse): void {
  response.shouldKeepAlive = false
  response.useChunkedEncodingByDefault = false
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
