import { randomUUID } from 'node:crypto'
import type { Bytes, EventData, FieldMap, HeaderMap } from '@pelton/core'
import type { Connection } from './connection.ts'

/** What an event of a connection is about. */
export interface EventContent {
  body: Bytes
  contentType: string
  /** For connection events. */
  type?: 'connect' | 'disconnect'
  /** Beside the arguments of the connection's query. */
  fields?: FieldMap
}

/**
 * A message, a window, or the begin or end of a connection, as an event: its handshake stands for all that HTTP knows.
 * There are many of them, so that what most handlers never ask for is made when they do.
 */
export class ConnectionEvent implements EventData {
  readonly trigger: { readonly kind: string; readonly name: string }
  readonly connection: Connection
  readonly body: Bytes
  readonly contentType: string
  readonly type: 'connect' | 'disconnect' | undefined
  readonly #ownFields: FieldMap | undefined
  readonly #timestampMs = Date.now()
  #id: string | undefined

  constructor(
    trigger: { kind: string; name: string },
    connection: Connection,
    { body, contentType, type, fields }: EventContent,
  ) {
    this.trigger = trigger
    this.connection = connection
    this.body = body
    this.contentType = contentType
    this.type = type
    this.#ownFields = fields
  }

  get id(): string {
    return (this.#id ??= randomUUID())
  }

  get attempt(): number {
    return 1
  }

  get timestamp(): Date {
    return new Date(this.#timestampMs)
  }

  get method(): string {
    return 'websocket'
  }

  get path(): string {
    return this.connection.handshake.path
  }

  get url(): string {
    return this.connection.handshake.target
  }

  get headers(): HeaderMap {
    return this.connection.handshake.headers
  }

  get fields(): FieldMap {
    const given = this.connection.handshake.fields
    return this.#ownFields ? { ...given, ...this.#ownFields } : given
  }

  get shardId(): number {
    return -1
  }

  get offset(): number {
    return 0
  }

  get topic(): string {
    return ''
  }

  get extra(): Readonly<Record<string, unknown>> {
    const { extra } = this.connection
    return this.type ? { ...extra, type: this.type } : extra
  }
}
