import type { Bytes, HeaderList, HeaderMap } from '@pelton/core'

/** The head of a request, known before its body is read. Bounded by `maxHeaderBytes`. */
export interface HttpHead {
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  /** The target's path, as sent: without the query, percent-encoding kept. */
  readonly path: string
  /** What follows the `?`; empty without one. */
  readonly query: string
  /** Lower-case names; a repeated header is a list. Made on first use. */
  readonly headers: HeaderMap
  /** One header by its lower-case name; of a repeated one the last value. */
  header(name: string): string | undefined
  /** `1.0` or `1.1`. */
  readonly httpVersion: string
  readonly remoteAddress: string
  /** The connection is encrypted. */
  readonly secure: boolean
}

/** A request whose body has arrived in full. */
export interface HttpRequest extends HttpHead {
  /** At most `maxBodyBytes`; belongs to the receiver. */
  readonly body: Bytes
  /** When the head had arrived. */
  readonly receivedAt: Date
  /**
   * Aborts when the client leaves. All requests of a connection share it, and it is made on first use:
   * whoever adds a listener removes it when the request is done.
   */
  readonly signal: AbortSignal
}

/** What answers a request. */
export interface HttpResponse {
  /** 200 to 599. */
  status: number
  /** Framing headers in it (`content-length`, `transfer-encoding`, …) are left out: the body decides. */
  headers: HeaderList
  /** Empty sends none. */
  contentType: string
  /** In a stream each value is one chunk; it is left by `return()` when the client does. */
  body: Bytes | AsyncIterable<Bytes> | undefined
}

/** Answers a request. A rejection or throw is answered 500. */
export type OnRequest = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse

/** Answers a request by its head alone, before the body is read; `undefined` lets it through. */
export type Precheck = (head: HttpHead) => HttpResponse | undefined
