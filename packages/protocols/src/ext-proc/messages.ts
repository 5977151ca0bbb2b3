/** Which part of a transaction a message is about; one for each member of the oneofs of both messages. */
export type Part =
  | 'requestHeaders'
  | 'requestBody'
  | 'requestTrailers'
  | 'responseHeaders'
  | 'responseBody'
  | 'responseTrailers'

/** `envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode`. */
export type BodyMode = 'NONE' | 'STREAMED' | 'BUFFERED' | 'BUFFERED_PARTIAL' | 'FULL_DUPLEX_STREAMED' | 'GRPC'

/** `envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode`. */
export type HeaderMode = 'DEFAULT' | 'SEND' | 'SKIP'

/** Names and values by turns, as they came: `[':method', 'GET', 'accept', '*\/*']`. A value that is no UTF-8 is read as Latin-1. */
export type FlatHeaders = readonly string[]

/** `envoy.service.ext_proc.v3.ProcessingRequest`, from the proxy. */
export interface ProcessingRequest {
  part: Part
  /** Of headers and trailers; empty of a body. */
  headers: FlatHeaders
  /** Of a body: a view into the message. Empty of the others. */
  body: Buffer
  /** Of headers and bodies: nothing of this direction follows, trailers included. */
  endOfStream: boolean
  /** `metadata_context.filter_metadata`: namespace → struct, as plain values. */
  metadata: Readonly<Record<string, unknown>> | undefined
  /** `attributes`: filter → struct, as plain values. */
  attributes: Readonly<Record<string, unknown>> | undefined
  /** No reply is wanted, nor read. */
  observabilityMode: boolean
  /** `protocol_config`, in the first message of a stream. */
  bodyModes: { request: BodyMode; response: BodyMode } | undefined
}

/** `HeaderValueOption.HeaderAppendAction`. */
export type HeaderAction = 'append' | 'addIfAbsent' | 'overwrite' | 'overwriteIfExists'

/** One header to be set; the value goes out as `raw_value`, UTF-8. An empty value is kept. */
export interface HeaderToSet {
  name: string
  value: string
  action: HeaderAction
}

/** `HeaderMutation`. */
export interface HeaderMutation {
  set?: readonly HeaderToSet[]
  remove?: readonly string[]
}

/** `BodyMutation`. */
export type BodyMutation =
  | { kind: 'replace'; body: Uint8Array }
  | { kind: 'clear' }
  | { kind: 'streamed'; body: Uint8Array; endOfStream: boolean }

/** `ProcessingMode` as `mode_override`; what is absent stays as it is. */
export interface ModeOverride {
  responseHeaders?: HeaderMode
  requestBody?: BodyMode
  responseBody?: BodyMode
  requestTrailers?: HeaderMode
  responseTrailers?: HeaderMode
}

/** What both kinds of replies may bring along. */
interface ReplyExtras {
  /** `dynamic_metadata`: a struct; what JSON cannot hold is left out. */
  dynamicMetadata?: Readonly<Record<string, unknown>>
}

/** Goes on with a part, changed or not: `HeadersResponse`, `BodyResponse` or `TrailersResponse`. */
export interface PartReply extends ReplyExtras {
  part: Part
  headers?: HeaderMutation
  /** Of headers and bodies only, as is `clearsRouteCache`. */
  body?: BodyMutation
  clearsRouteCache?: boolean
  modeOverride?: ModeOverride
}

/** Answers the client in the upstream's place: `ImmediateResponse`. */
export interface ImmediateReply extends ReplyExtras {
  part: 'immediate'
  /** 200 to 599. */
  status: number
  headers?: HeaderMutation
  body?: Uint8Array
  /** For the proxy's log (`%RESPONSE_CODE_DETAILS%`), without spaces. */
  details?: string
}

/** `envoy.service.ext_proc.v3.ProcessingResponse`, to the proxy. */
export type ProcessingReply = PartReply | ImmediateReply
