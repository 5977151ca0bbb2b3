import { randomUUID } from 'node:crypto'
import type { Bytes, EventData, FieldMap, HeaderMap } from '@pelton/core'
import { type HttpRequest, parseQuery } from '@pelton/protocols/http'

/** A request as an event. Headers and fields are read out only when somebody asks for them. */
export class HttpEvent implements EventData {
  readonly id: string = randomUUID()
  readonly attempt = 1
  readonly trigger: { readonly kind: string; readonly name: string }
  readonly shardId = -1
  readonly offset = 0
  readonly topic = ''
  readonly #request: HttpRequest
  #fields: FieldMap | undefined

  constructor(request: HttpRequest, trigger: { kind: string; name: string }) {
    this.#request = request
    this.trigger = trigger
  }

  get timestamp(): Date {
    return this.#request.receivedAt
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return this.#request.path
  }

  get url(): string {
    return this.#request.target
  }

  get contentType(): string {
    return this.#request.header('content-type') ?? ''
  }

  get headers(): HeaderMap {
    return this.#request.headers
  }

  get fields(): FieldMap {
    return (this.#fields ??= parseQuery(this.#request.query))
  }

  get body(): Bytes {
    return this.#request.body
  }
}
