import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type ClientTls, type SourceLoss, tlsReason } from '../camera/index.ts'
import { type HttpAuth, createHttpAuth } from '../http-auth/index.ts'
import { type Agents, createAgents } from './agents.ts'
import type { CameraTarget } from './camera-target.ts'
import { type Exchange, sendGet } from './send-get.ts'

/** What a camera is asked with. */
export interface CameraClientOptions {
  target: CameraTarget
  /** Of requests to the target's origin. */
  headers: Readonly<Record<string, string>>
  tls: ClientTls
}

/** An answer of status 200 whose body has yet to be read; or why there is none. */
export type Opened = { response: IncomingMessage } | { loss: SourceLoss }

const mostRedirects = 5
const redirects = new Set([301, 302, 303, 307, 308])

/** Asks one camera for its pictures. What was configured for it goes to its own origin alone. */
export class CameraClient {
  readonly #target: CameraTarget
  readonly #headers: Readonly<Record<string, string>>
  readonly #auth: HttpAuth | undefined
  readonly #agents: Agents

  constructor({ target, headers, tls }: CameraClientOptions) {
    this.#target = target
    this.#headers = headers
    this.#auth = target.credentials && createHttpAuth(target.credentials)
    this.#agents = createAgents(tls)
  }

  /** Follows challenges and redirects; `signal` cuts it, also while the body is read. Never rejects. */
  async open(signal: AbortSignal): Promise<Opened> {
    let { url } = this.#target
    let authorization = this.#answer(url, [])
    for (let hops = 0; ;) {
      const exchange = await this.#ask(url, authorization, signal)
      if ('error' in exchange) return { loss: { reason: 'unreachable', detail: reasonOf(exchange.error) } }
      const { statusCode: status = 0, headers, headersDistinct } = exchange.response
      if (status === 200) return exchange
      exchange.response.destroy()
      if (status === 401) {
        if (!this.#isOwn(url)) return { loss: unauthorizedElsewhere(url) }
        const challenges = (headersDistinct['www-authenticate'] ?? []).map(textOf)
        authorization = challenges.length > 0 ? this.#answer(url, challenges) : undefined
        if (authorization === undefined) return { loss: unauthorized(this.#auth !== undefined) }
        continue
      }
      const { location } = headers
      const next = redirects.has(status) && location ? URL.parse(location, url.href) : null
      if (!next || !/^https?:$/.test(next.protocol)) return refused(statusDetail(status))
      if (++hops > mostRedirects) return refused(`it answered with more than ${mostRedirects} redirects`)
      url = next
      authorization = this.#answer(url, [])
    }
  }

  /** Closes what is kept open between requests, and all else. */
  close(): void {
    this.#agents.destroy()
  }

  #isOwn(url: URL): boolean {
    return url.origin === this.#target.url.origin
  }

  #answer(url: URL, challenges: readonly string[]): string | undefined {
    return this.#isOwn(url)
      ? this.#auth?.answer(challenges, { method: 'GET', uri: url.pathname + url.search })
      : undefined
  }

  /** A kept connection may have been closed by its other end just now: that is no failure of the camera's. */
  async #ask(url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Exchange> {
    const headers = {
      ...(this.#isOwn(url) ? this.#headers : {}),
      ...(authorization === undefined ? {} : { Authorization: Buffer.from(authorization).toString('latin1') }),
    }
    const request = { url, headers, agents: this.#agents, signal }
    const exchange = await sendGet(request)
    return 'error' in exchange && exchange.isStale && !signal.aborted ? sendGet(request) : exchange
  }
}

/** Node reads and writes a header's bytes as Latin-1; most cameras mean UTF-8. */
function textOf(header: string): string {
  return Buffer.from(header, 'latin1').toString()
}

/** Servers of RTSP, and those that want TLS, answer HTTP by 400. */
function statusDetail(status: number): string {
  return `it answered with status ${status}${status === 400 ? ': it may speak RTSP or TLS there' : ''}`
}

function refused(detail: string): Opened {
  return { loss: { reason: 'refused', detail } }
}

function unauthorized(hasCredentials: boolean): SourceLoss {
  const detail = hasCredentials ? 'it refused the credentials' : 'it asks for credentials: username and password'
  return { reason: 'unauthorized', detail }
}

/** Credentials are for who was meant to get them. */
function unauthorizedElsewhere({ origin, pathname }: URL): SourceLoss {
  const detail = `it redirects to ${origin}${pathname}, which asks for credentials; to send them there, make that the url`
  return { reason: 'unauthorized', detail }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host is unknown',
  ETIMEDOUT: 'the host does not answer',
  HPE_HEADER_OVERFLOW: 'its header has more than 16 KiB',
}

/** A connection that was tried at several addresses fails with a list of reasons. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const known = tlsReason(error) ?? reasons[error.code ?? '']
  if (known !== undefined) return known
  if (error.code?.startsWith('HPE_')) return 'what came is no HTTP'
  const inner = error instanceof AggregateError ? error.errors.map((one) => (one as Error).message).join('; ') : ''
  return error.message || inner || 'the connection failed'
}
