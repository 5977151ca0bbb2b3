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
  /** Instead of a `body`: called once the head may be sent, unless the answer has no body, as one to HEAD. */
  push?: PushBody
}

/**
 * Writes a body when it likes, for clients that are never to wait for what is old. The body has no chunks and no length:
 * it ends with the connection (RFC 9112 §6.3). Gives whom to tell what becomes of it.
 */
export type PushBody = (writer: BodyWriter) => BodyEvents

/** Takes a pushed body. After the end all calls are harmless. */
export interface BodyWriter {
  /** Gives pieces to the connection together, uncopied. Nothing bounds what waits: send again when it is `taken`. */
  send(pieces: readonly Bytes[]): void
  /** Ends the body, and the connection once all has been taken. */
  end(): void
  /** Cuts the connection: what was not taken is lost. */
  cut(): void
}

/** What becomes of a pushed body. */
export interface BodyEvents {
  /** The system has all the pieces of one `send`. */
  taken(): void
  /** It is over: ended, cut, or left by the client, be it with its half alone. Called once, and nothing after it. */
  closed(): void
}

/** Answers a request. A rejection or throw is answered 500. */
export type OnRequest = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse

/** Answers a request by its head alone, before the body is read; `undefined` lets it through. */
export type Precheck = (head: HttpHead) => HttpResponse | undefined
