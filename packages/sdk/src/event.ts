/** Raw bytes. In Node.js they are `Buffer`s, so `event.body.toString()` works. */
export type Bytes = Uint8Array

/**
 * Header values by lower-case name; a repeated header is a list. In nuclio files the headers of a configured event have
 * numbers and booleans as they are written.
 */
export type HeaderMap = Record<string, string | string[]>

/** Facts of the source, by snake_case name, the same in every language. */
export type FieldMap = Record<string, string | number | boolean>

/**
 * One fact that happened, as a trigger hands it out: plain data, nothing parsed.
 * `body` is immutable by contract and stays valid as long as somebody keeps it.
 * `headers` and `extra` that many events share are frozen, all that is in them too: so they are written for workers once.
 */
export interface EventData {
  /** Stable over redelivery. */
  readonly id: string
  /** 1 for the first delivery. */
  readonly attempt: number
  readonly trigger: { readonly kind: string; readonly name: string }
  readonly timestamp: Date
  readonly method: string
  readonly path: string
  readonly url: string
  readonly contentType: string
  readonly headers: HeaderMap
  /** Handlers see the headers so in nuclio files, too: the source is known there by names that are not canonical. */
  readonly keepsHeaders?: boolean
  readonly fields: FieldMap
  readonly body: Bytes
  /** What the body is joined of, for those who put it together elsewhere: then `body` is made only when it is asked for. */
  readonly bodyPieces?: readonly Bytes[] | undefined
  /** Python handlers are given bytes, which are JSON elsewhere when the content type says so. */
  readonly keepsBody?: boolean
  /** Partition or shard the event came from; -1 without one. */
  readonly shardId: number
  /** Position in the shard; 0 without one. */
  readonly offset: number
  readonly topic: string
  /** What the trigger adds for its handler side: `extra.status` becomes `event.status`. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The event as a handler sees it. */
export interface Event extends EventData {
  /** Aborts when the caller leaves, at the event's timeout and at the end of the drain. */
  readonly signal: AbortSignal
  /** The body as UTF-8 text. */
  text(): string
  /** The body parsed as JSON; throws `SyntaxError` when it is none. An empty body is `undefined`. */
  json<T = unknown>(): T
  /** One header in any letter case, as text; of a repeated one the last value. */
  header(name: string): string | undefined
  /** One field of the source. */
  field(name: string): string | number | boolean | undefined

  /** CloudEvents: the event's type; empty for other events. */
  readonly type: string
  /** CloudEvents 0.1: the version of the type. */
  readonly type_version: string
  /** CloudEvents: the version of the specification. */
  readonly version: string
  /** CloudEvents: who sent it. */
  readonly source?: string
  /** CloudEvents 1.0: what it is about. */
  readonly subject?: string
  /** CloudEvents: extension attributes by lower-case name. */
  readonly extensions?: Readonly<Record<string, unknown>>

  /** nuclio's name of `contentType`. */
  readonly content_type: string
  /** nuclio's name of `shardId`. */
  readonly shard_id: number
  /** nuclio's number of shards; 0 when unknown. */
  readonly num_shards: number
  /** Length of the body in bytes. */
  readonly size: number
}
