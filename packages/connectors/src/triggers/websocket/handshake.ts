import type { FieldMap, HeaderMap } from '@pelton/core'
import { type HttpHead, parseQuery } from '@pelton/protocols/http'

/**
 * What a connection's events know of its request. It takes little memory, and the request itself none, until there is an
 * event: ten thousand connections may rest.
 */
export class Handshake {
  /** The request target: path and query. */
  readonly target: string
  readonly path: string
  readonly #query: string
  readonly remoteAddress: string
  /** As JSON: one text instead of dozens. */
  readonly #headersText: string
  #headers: HeaderMap | undefined
  #fields: FieldMap | undefined

  constructor(head: HttpHead) {
    this.target = head.target
    this.path = head.path
    this.#query = head.query
    this.remoteAddress = head.remoteAddress
    this.#headersText = JSON.stringify(head.headers)
  }

  get headers(): HeaderMap {
    return (this.#headers ??= sharedHeaders(this.#headersText))
  }

  /** Arguments of the query. */
  get fields(): FieldMap {
    return (this.#fields ??= parseQuery(this.#query))
  }
}

/** All events of a connection have the same ones: see `EventData`. */
function sharedHeaders(text: string): HeaderMap {
  const headers = JSON.parse(text) as HeaderMap
  for (const value of Object.values(headers)) Object.freeze(value)
  return Object.freeze(headers)
}
