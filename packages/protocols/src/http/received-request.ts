import type { Bytes, HeaderMap } from '@pelton/core'
import type { Connection } from './connection.ts'
import { readHeader, toHeaderMap } from './header-map.ts'
import type { HttpRequest } from './http-message.ts'

const noBody = new Uint8Array(0)

/** What a parser knows of a request when its head is there. */
export interface ParsedHead {
  method?: string | undefined
  /** The request target. */
  url?: string | undefined
  httpVersion: string
  /** Names and values in turn, as they were sent. */
  rawHeaders: readonly string[]
}

/** A request as its receiver sees it; what takes work is made on first use. */
export class ReceivedRequest implements HttpRequest {
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  /** Set once it has arrived. */
  body: Bytes = noBody
  readonly #connection: Connection
  readonly #rawHeaders: readonly string[]
  readonly #receivedAtMs = Date.now()
  #headers: HeaderMap | undefined

  constructor(connection: Connection, head: ParsedHead) {
    this.#connection = connection
    this.method = head.method ?? ''
    this.target = head.url ?? ''
    this.httpVersion = head.httpVersion
    this.#rawHeaders = head.rawHeaders
  }

  get path(): string {
    const at = this.target.indexOf('?')
    const path = at < 0 ? this.target : this.target.slice(0, at)
    return path.startsWith('/') ? path : pathOfUrl(path)
  }

  get query(): string {
    const at = this.target.indexOf('?')
    return at < 0 ? '' : this.target.slice(at + 1)
  }

  get headers(): HeaderMap {
    return (this.#headers ??= toHeaderMap(this.#rawHeaders))
  }

  header(name: string): string | undefined {
    return readHeader(this.#rawHeaders, name)
  }

  get signal(): AbortSignal {
    return this.#connection.signal
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress
  }

  get secure(): boolean {
    return this.#connection.secure
  }

  get receivedAt(): Date {
    return new Date(this.#receivedAtMs)
  }
}

/** RFC 9112 §3.2.2: a target may be a whole URL. `*` stays as it is. */
function pathOfUrl(target: string): string {
  const authority = target.indexOf('://')
  if (authority < 0) return target
  const slash = target.indexOf('/', authority + 3)
  return slash < 0 ? '/' : target.slice(slash)
}
