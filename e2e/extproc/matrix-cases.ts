import zlib from 'node:zlib'
import type { BodyMode, ProcessingMode } from './envoy-bootstrap.ts'
import { type Combination, pairwise, productOf } from './pairwise.ts'

/** What the cases vary. */
const axes = {
  type: ['preprocessor', 'postprocessor', 'wrapprocessor', 'observeprocessor'],
  mode: ['NONE', 'BUFFERED', 'BUFFERED_PARTIAL', 'STREAMED', 'FULL_DUPLEX_STREAMED'],
  /** Whether the handler gets streamed bodies whole or in pieces. */
  bodies: ['whole', 'pieces'],
  trailers: ['SKIP', 'SEND'],
  downstream: ['1.1', '2'],
  upstream: ['1.1', '2'],
  shape: ['small', 'chunked', '10 MB', 'gzip', 'no body', 'HEAD', '204', '304', 'trailers', 'repeated headers'],
} as const satisfies Record<string, readonly string[]>

/** A request that runs through a real Envoy, and how. */
export type MatrixCase = Combination<typeof axes>
export type Side = 'request' | 'response'

/** A request, or the answer to one. */
export interface Message {
  headers: Record<string, string | string[]>
  /** As it goes over the wire, piece by piece. */
  parts: readonly Buffer[]
  trailers?: Record<string, string>
}

/** What the handler is to see of one side: one entry, or none where it is not called. */
export interface ExpectedCalls {
  side: Side
  phase: number
  body: Buffer
  /** Undefined: as many as there are pieces. */
  calls: number | undefined
}

/** Every pair of values that is possible, or all that is possible. */
export function matrixCases({ isFull }: { isFull: boolean }): MatrixCase[] {
  // The proxy accepts FULL_DUPLEX_STREAMED with trailers alone.
  const all = productOf(axes, ({ mode, trailers }) => mode !== 'FULL_DUPLEX_STREAMED' || trailers === 'SEND')
  return isFull ? all : pairwise(all)
}

/** Says which case it is, in a title and in a header. */
export function nameOf({ type, mode, bodies, trailers, downstream, upstream, shape }: MatrixCase): string {
  return `${type}, ${mode}, ${bodies}, trailers ${trailers}, HTTP/${downstream} to HTTP/${upstream}: ${shape}`
}

/** The processing mode of both sides. */
export function modeOf({ mode, trailers }: Pick<MatrixCase, 'mode' | 'trailers'>): ProcessingMode {
  const bodyMode: BodyMode = mode
  return {
    request_body_mode: bodyMode,
    response_body_mode: bodyMode,
    request_trailer_mode: trailers,
    response_trailer_mode: trailers,
  }
}

/** The trigger that a case goes to. */
export function triggerOf({ type, bodies }: Pick<MatrixCase, 'type' | 'bodies'>): string {
  return `${type}-${bodies}`
}

/** The path prefix of a case's route: all that the proxy must know of it. */
export function prefixOf({ type, mode, bodies, trailers, upstream }: MatrixCase): string {
  return `/${type}/${mode}/${bodies}/${trailers}/${upstream}/`
}

const plain = { 'content-type': 'text/plain' }
const large = Buffer.alloc(10 * 1024 * 1024, 'The quick brown fox jumps over the lazy dog. ')

/** Method and message of the request, status and message of the answer. */
export function messagesOf(shape: MatrixCase['shape']): {
  method: string
  request: Message
  status: number
  response: Message
} {
  const small = { method: 'POST', request: withLength('hello'), status: 200, response: withLength('world') }
  const empty = { headers: {}, parts: [] }
  const pieces = { headers: plain, parts: ['one ', 'two ', 'three'].map((text) => Buffer.from(text)) }
  const packed = withLength(zlib.gzipSync('some text that was compressed'), { 'content-encoding': 'gzip' })
  const get = { method: 'GET', request: empty }
  switch (shape) {
    case 'small':
      return small
    case 'chunked':
      return { ...small, request: pieces, response: pieces }
    case '10 MB':
      return { ...small, request: withLength(large), response: withLength(large) }
    case 'gzip':
      return { ...small, request: packed, response: packed }
    case 'no body':
      return { ...get, status: 200, response: { headers: { 'content-length': '0' }, parts: [] } }
    case 'HEAD':
      return { ...get, method: 'HEAD', status: 200, response: { headers: { 'content-length': '5' }, parts: [] } }
    case '204':
      return { ...small, status: 204, response: empty }
    case '304':
      return { ...get, status: 304, response: { headers: { etag: '"a"' }, parts: [] } }
    case 'trailers':
      return { ...small, request: withTrailer(pieces, 'a'), response: withTrailer(pieces, 'b') }
    case 'repeated headers':
      return {
        ...small,
        request: withLength('hello', { 'x-many': ['a', 'b'] }),
        response: withLength('world', { 'x-many': ['c', 'd'], 'set-cookie': ['e=1', 'f=2; path=/'] }),
      }
  }
}

function withTrailer(message: Message, value: string): Message {
  return { ...message, headers: { ...message.headers, trailer: 'x-end' }, trailers: { 'x-end': value } }
}

function withLength(body: string | Buffer, headers: Message['headers'] = {}): Message {
  const bytes = Buffer.from(body)
  return { headers: { ...plain, ...headers, 'content-length': String(bytes.length) }, parts: [bytes] }
}

/** The body without its coding. */
function plainBody(message: Message): Buffer {
  const body = Buffer.concat(message.parts)
  return isGzip(message) ? zlib.gunzipSync(body) : body
}

/** Whether it is compressed. */
export function isGzip({ headers }: Message): boolean {
  return headers['content-encoding'] === 'gzip'
}

/** Whether the handler is called for this side. */
function isHandled(type: MatrixCase['type'], side: Side): boolean {
  return side === 'request' ? type !== 'postprocessor' : type !== 'preprocessor'
}

function isStreamed({ mode }: MatrixCase): boolean {
  return mode === 'STREAMED' || mode === 'FULL_DUPLEX_STREAMED'
}

/** Announced trailers hide which piece is the last one. */
function isPieceByPiece(one: MatrixCase, message: Message): boolean {
  if (one.mode === 'STREAMED' && message.trailers !== undefined) return true
  return one.bodies === 'pieces' && isStreamed(one)
}

/** Whether the handler gets a body. */
function carriesBody({ mode }: MatrixCase, message: Message): boolean {
  return mode !== 'NONE' && message.parts.length > 0
}

/** What the handler sees, in order. */
export function expectedCalls(one: MatrixCase): ExpectedCalls[] {
  const { request, response } = messagesOf(one.shape)
  const sides = [
    { side: 'request', message: request, phase: 1 },
    { side: 'response', message: response, phase: 4 },
  ] as const
  return sides
    .filter(({ side }) => isHandled(one.type, side))
    .map(({ side, message, phase }) => {
      if (!carriesBody(one, message)) return { side, phase, body: Buffer.alloc(0), calls: 1 }
      const inPieces = isPieceByPiece(one, message)
      const body = inPieces ? Buffer.concat(message.parts) : plainBody(message)
      return { side, phase: phase + 1, body, calls: inPieces ? undefined : 1 }
    })
}

/** The plain body that comes out of one side. */
export function expectedBody(one: MatrixCase, side: Side, message: Message): Buffer {
  const body = plainBody(message)
  if (!changes(one, side) || !carriesBody(one, message)) return body
  if (!isPieceByPiece(one, message)) return Buffer.concat([body, Buffer.from(` - ${side}`)])
  return isGzip(message) ? body : Buffer.from(body.toString().replaceAll(/./gs, '$&$&'))
}

/** Whether what the handler does to the headers comes out: not where they have left before it was called. */
export function setsHeaders(one: MatrixCase, side: Side, message: Message): boolean {
  if (!changes(one, side)) return false
  return !carriesBody(one, message) || (one.mode !== 'STREAMED' && !isPieceByPiece(one, message))
}

/** Whether what the handler does to the trailers comes out. */
export function setsTrailers(one: MatrixCase, side: Side, message: Message): boolean {
  return (
    changes(one, side) && one.trailers === 'SEND' && message.trailers !== undefined && !isPieceByPiece(one, message)
  )
}

function changes({ type }: MatrixCase, side: Side): boolean {
  return type !== 'observeprocessor' && isHandled(type, side)
}
