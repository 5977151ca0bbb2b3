import type { Context, HandlerResponse } from './context.ts'
import type { Bytes, Event, FieldMap, HeaderMap } from './event.ts'

/** The context of functions with a trigger `extproc`. */
export interface ExtProcContext extends Context {
  extproc: ExtProc
}

/** An event of a trigger `extproc`: one direction of an HTTP transaction, or a piece of its body. */
export interface ExtProcEvent extends Event {
  /** Of the request; empty when the proxy does not send its headers. */
  readonly authority: string
  readonly scheme: string
  /** 1: the request's headers, 2: its body, 4: the response's headers, 5: its body. */
  readonly phase: 1 | 2 | 4 | 5
  /** False for a piece of a body that is not the last one. */
  readonly endOfStream: boolean
  /** The value of the request id header, or the configured fallback. */
  readonly requestId: string
  /** Envoy's attributes, as the proxy's configuration selects them, by filter. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** Envoy's dynamic metadata by namespace. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Of this direction, where they came before the handler was called. */
  readonly trailers: HeaderMap
  /** Of the response; undefined in the request's events. */
  readonly status?: number
  /** In the response's events: the request. */
  readonly request?: ExtProcRequest
}

/** The request as the events of its response show it. */
export interface ExtProcRequest {
  readonly method: string
  readonly path: string
  readonly url: string
  readonly authority: string
  readonly scheme: string
  readonly contentType: string
  readonly headers: HeaderMap
  readonly fields: FieldMap
  readonly trailers: HeaderMap
  /** As it came, decompressed; absent when the proxy did not send it or it has more than 256 KiB. */
  readonly body?: Bytes
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Header values by name; a list repeats the header. */
export type HeaderValues = Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>

/** How a request or response goes on. */
export interface ProceedOptions {
  /** Replaces headers, or adds them where there are none. */
  setHeaders?: HeaderValues
  /** Adds lines beside those that are there. */
  addHeaders?: HeaderValues
  removeHeaders?: readonly string[]
  /** The new body: text, bytes, or a value as JSON. Empty empties it; `undefined` leaves it. */
  body?: unknown
  /** Request only: the new path with its query; the route is chosen anew. */
  path?: string
  /** Request only; the route is chosen anew. The proxy must allow it (`mutation_rules`). */
  method?: string
  /** Response only: 200 to 599. */
  status?: number
  /** Set in the trailers of this direction, when the proxy sends them. */
  trailers?: HeaderValues
  /** Dynamic metadata by namespace. */
  metadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** What the proxy sends of the rest of the transaction, where it allows it (`allow_mode_override`). */
  modeOverride?: ExtProcModeOverride
}

/** Modes by the proxy's names; what is absent stays. */
export interface ExtProcModeOverride {
  requestBody?: ExtProcBodyMode
  responseBody?: ExtProcBodyMode
  responseHeaders?: 'SEND' | 'SKIP'
  requestTrailers?: 'SEND' | 'SKIP'
  responseTrailers?: 'SEND' | 'SKIP'
}

/** How the proxy sends a body. */
export type ExtProcBodyMode = 'NONE' | 'STREAMED' | 'BUFFERED' | 'BUFFERED_PARTIAL' | 'FULL_DUPLEX_STREAMED'

/** The answer that the client gets in the upstream's place. */
export interface ImmediateOptions {
  /** 200 to 599; default 200. */
  status?: number
  headers?: HeaderValues
  /** Default that of the body. */
  contentType?: string
  body?: unknown
}

/** Makes results for the trigger `extproc`. Nothing happens until the handler returns one. Both throw `TypeError` for what cannot be sent. */
export interface ExtProc {
  /** The request or response goes on, changed. */
  proceed: (options?: ProceedOptions) => HandlerResponse
  /** The client is answered at once. */
  respond: (options?: ImmediateOptions) => HandlerResponse
}
