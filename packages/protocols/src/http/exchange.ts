import type { ServerResponse } from 'node:http'
import type { Connection } from './connection.ts'
import type { HttpResponse } from './http-message.ts'
import type { BodyReceiver, Incoming } from './incoming.ts'
import type { ReceivedRequest } from './received-request.ts'
import type { Route } from './serve.ts'
import type { Site } from './site.ts'
import { textAnswer } from './text-answer.ts'
import { writeAnswer } from './write-answer.ts'

/** What all exchanges of a listener share. */
export interface ListenerState {
  /** Answers say `Connection: close`. */
  closing: boolean
  /** Something failed that the client only sees as a 500. */
  onFault: (error: unknown) => void
}

/** One request and its answer. */
export class Exchange implements BodyReceiver {
  readonly #listener: ListenerState
  readonly #connection: Connection
  readonly #request: ReceivedRequest
  readonly #response: ServerResponse
  #site: Site | undefined

  constructor(listener: ListenerState, connection: Connection, request: ReceivedRequest, response: ServerResponse) {
    this.#listener = listener
    this.#connection = connection
    this.#request = request
    this.#response = response
    connection.begin(response)
  }

  /** Answers by the head alone, or takes the body in; `expects` is a client that waits for `100 Continue`. */
  receive(incoming: Incoming, route: Route, expects: boolean): void {
    const site = route(this.#request)
    if (!site) return this.refuse(404, 'nothing is served at this path\n', incoming)
    this.#site = site
    const early = this.#precheck(site)
    if (early) return this.#answerByHead(early, incoming)
    const length = incoming.headers['content-length']
    if (length !== undefined && Number(length) > site.maxBodyBytes) return this.tooLarge()
    if (expects) this.#response.writeContinue()
    this.#connection.receiving = this
    incoming.receive(site.maxBodyBytes, this)
  }

  end(body: Uint8Array): void {
    this.#connection.receiving = undefined
    this.#request.body = body
    const site = this.#site as Site
    site.begin()
    try {
      const answer = site.onRequest(this.#request)
      if ('then' in answer) answer.then(this.#answerLast, this.#fail)
      else this.#answerLast(answer)
    } catch (error) {
      this.#fail(error)
    }
  }

  tooLarge(): void {
    const { maxBodyBytes, tooLargeStatus } = this.#site as Site
    this.refuse(tooLargeStatus, `the request body is larger than ${maxBodyBytes} bytes\n`)
  }

  /** Answers a request that is not going to be handled. Without `incoming` some of its body is still to come. */
  refuse(status: number, text: string, incoming?: Incoming): void {
    this.#connection.receiving = undefined
    this.#answerByHead(textAnswer(status, text), incoming)
  }

  #precheck(site: Site): HttpResponse | undefined {
    try {
      return site.precheck?.(this.#request)
    } catch (error) {
      this.#listener.onFault(error)
      return textAnswer(500, 'internal error\n')
    }
  }

  #answerByHead(answer: HttpResponse, incoming: Incoming | undefined): void {
    const unread = !incoming || hasBody(incoming)
    if (unread) this.#connection.refuseRest()
    this.#write(answer, unread)
  }

  readonly #answerLast = (answer: HttpResponse): void => {
    this.#site?.finish()
    this.#write(answer, false)
  }

  readonly #fail = (error: unknown): void => {
    this.#listener.onFault(error)
    this.#answerLast(textAnswer(500, 'internal error\n'))
  }

  #write(answer: HttpResponse, close: boolean): void {
    const response = this.#response
    const connection = this.#connection
    if (close || (this.#listener.closing && connection.isLast(response))) {
      response.shouldKeepAlive = false
      connection.ending = true
    }
    writeAnswer(response, answer, this.#request.method === 'HEAD', this.#written, this.#listener.onFault)
  }

  readonly #written = (): void => {
    this.#connection.finish()
    if (this.#listener.closing) this.#connection.endWhenWritten()
  }
}

function hasBody(incoming: Incoming): boolean {
  const { headers } = incoming
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
