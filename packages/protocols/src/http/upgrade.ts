import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { HeaderList } from '@pelton/core'
import type { Connection } from './connection.ts'
import { hasBody } from './has-body.ts'
import type { HttpHead } from './http-message.ts'
import { validateHeaderName, validateHeaderValue } from './node-http.ts'
import { lastWords } from './text-answer.ts'

/** A request that asks to go on as WebSocket (RFC 9110 §7.8). Whoever gets it answers it once, now or later. */
export interface HttpUpgrade {
  readonly head: HttpHead
  /**
   * Answers 101 with `Connection`, `Upgrade` and these headers, and hands the connection over; `early` had already
   * arrived after the request. The listener still waits for the socket when it closes, and cuts it at its abort.
   */
  accept(headers: HeaderList): { socket: Duplex; early: Buffer }
  /** Answers with an error and closes. Harmless once it is answered. */
  refuse(status: number, text: string, headers?: HeaderList): void
}

/** Takes the upgrades of one path. What it throws is answered 500. */
export type OnUpgrade = (upgrade: HttpUpgrade) => void

/** Whether a request asks for WebSocket and may have it: nothing that the change would swallow may follow it. */
export function asksForWebSocket({ headers, httpVersion }: HttpHead): boolean {
  if (httpVersion !== '1.1' || headers.host === undefined || headers.expect !== undefined) return false
  return !hasBody(headers) && namesWebSocket(headers.upgrade)
}

function namesWebSocket(value: string | string[] | undefined): boolean {
  return String(value ?? '')
    .split(',')
    .some((protocol) => protocol.trim().toLowerCase() === 'websocket')
}

/** One upgrade on its connection. */
export class Upgrade implements HttpUpgrade {
  readonly head: HttpHead
  readonly #connection: Connection
  readonly #early: Buffer
  readonly #onAccept: () => void
  #isAnswered = false

  /** `onAccept` is called before the connection leaves HTTP. */
  constructor(head: HttpHead, connection: Connection, early: Buffer, onAccept: () => void) {
    this.head = head
    this.#connection = connection
    this.#early = early
    this.#onAccept = onAccept
  }

  accept(headers: HeaderList): { socket: Duplex; early: Buffer } {
    if (this.#isAnswered) throw new TypeError('the upgrade is answered already')
    const answer = switchingProtocols(headers)
    this.#isAnswered = true
    const { socket } = this.#connection
    this.#connection.handOver()
    this.#onAccept()
    socket.write(answer, 'latin1')
    return { socket, early: this.#early }
  }

  refuse(status: number, text: string, headers: HeaderList = []): void {
    if (this.#isAnswered) return
    const answer = lastWords(status, text, headerLines(headers))
    this.#isAnswered = true
    const { socket } = this.#connection
    // What still comes is read over: a close with unread bytes would reset the connection and lose the answer.
    socket.resume()
    this.#connection.part(answer)
  }

  /** Ends what is left of an upgrade whose receiver failed. */
  fail(): void {
    if (this.#isAnswered) this.#connection.socket.destroy()
    else this.refuse(500, 'internal error\n')
  }
}

function switchingProtocols(headers: HeaderList): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headerLines(headers)}\r\n`
}

/** Throws for what would break out of its line. */
function headerLines(headers: HeaderList): string {
  return headers
    .map(([name, value]) => {
      validateHeaderName(name)
      validateHeaderValue(name, value)
      return `${name}: ${value}\r\n`
    })
    .join('')
}
