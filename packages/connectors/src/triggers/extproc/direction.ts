import type { Bytes, FieldMap } from '@pelton/core'
import { parseQuery } from '@pelton/protocols/http'
import type { FlatHeaders } from '@pelton/protocols/ext-proc'
import { codingsOf } from './content-coding.ts'
import type { Coding } from './coding.ts'
import { type RequestLine, findHeader, headerMapOf, joinedHeader, requestLine } from './flat-headers.ts'
import { keep } from './gathered-body.ts'

/** Larger bodies of requests are not kept for the events of their responses. */
export const mostKeptBytes = 256 * 1024
const nothing: Readonly<Record<string, unknown>> = Object.freeze({})

/** What is known of a request or a response: what the proxy has sent of it so far. */
export class Direction {
  headers: FlatHeaders = []
  trailers: FlatHeaders = []
  attributes: Readonly<Record<string, unknown>> | undefined
  metadata: Readonly<Record<string, unknown>> | undefined
  /** Of a response: the request that it answers. */
  readonly request: Direction | undefined
  readonly #idHeader: string
  readonly #idFallback: string
  #body: Bytes | undefined
  #line: RequestLine | undefined
  #fields: FieldMap | undefined

  constructor(id: { requestIdHeader: string; requestIdFallback: string }, request?: Direction) {
    this.request = request
    this.#idHeader = id.requestIdHeader
    this.#idFallback = id.requestIdFallback
  }

  /** Of the transaction: a response has its request's. */
  get line(): RequestLine {
    return this.request ? this.request.line : (this.#line ??= requestLine(this.headers))
  }

  get fields(): FieldMap {
    return this.request ? this.request.fields : (this.#fields ??= parseQuery(this.line.query))
  }

  get contentType(): string {
    return findHeader(this.headers, 'content-type') ?? ''
  }

  get requestId(): string {
    if (this.request) return this.request.requestId
    return (this.#idHeader === '' ? undefined : findHeader(this.headers, this.#idHeader)) ?? this.#idFallback
  }

  /** Keeps a whole body for the events of the response. */
  keepBody(body: Bytes): void {
    if (body.byteLength <= mostKeptBytes) this.#body = keep(body)
  }

  /** What events have beside the members that all events have. */
  get facts(): Readonly<Record<string, unknown>> {
    const { authority, scheme } = this.line
    const { requestId, request } = this
    const common = { authority, scheme, requestId, trailers: headerMapOf(this.trailers) }
    const ofProxy = { attributes: this.attributes ?? nothing, metadata: this.metadata ?? nothing }
    if (!request) return { ...common, ...ofProxy }
    return { ...common, ...ofProxy, status: this.#status, request: request.#asRequest }
  }

  get #status(): number {
    return Number.parseInt(findHeader(this.headers, ':status') ?? '', 10) || 0
  }

  get #asRequest(): Readonly<Record<string, unknown>> {
    const { contentType, fields } = this
    const { method, path, url, authority, scheme } = this.line
    const trailers = headerMapOf(this.trailers)
    const line = { method, path, url, authority, scheme, contentType, headers: headerMapOf(this.headers), fields }
    const body = this.#body === undefined ? {} : { body: this.#body }
    return { ...line, trailers, attributes: this.attributes ?? nothing, ...body }
  }
}

/** How a body is coded, by the headers; undefined when one of the codings is not known. */
export function codingsOfBody({ headers }: Direction): readonly Coding[] | undefined {
  return codingsOf(joinedHeader(headers, 'content-encoding'), joinedHeader(headers, 'transfer-encoding'))
}
