import type { ServerResponse } from 'node:http'
import type { Connection } from './connection.ts'
import { hasBody } from './has-body.ts'
import type { HttpResponse } from './http-message.ts'
import type { BodyReceiver, Incoming } from './incoming.ts'
import type { ReceivedRequest } from './received-request.ts'
import type { Route, Site } from './site.ts'
import { textAnswer } from './text-answer.ts'
import { type AnswerOwner, writeAnswer } from './write-answer.ts'

/** What all exchanges of a listener share. */
export interface ListenerState {
  /** Answers say `Connection: close`. */
  closing: boolean
  /** Something failed that the client only sees as a 500. */
  onFault: (error: unknown) => void
}

/** One request and its answer. */
export class Exchange implements BodyReceiver, AnswerOwner {
  readonly isHead: boolean
  readonly #listener: ListenerState
  readonly #connection: Connection
  readonly #request: ReceivedRequest
  readonly #response: ServerResponse
  #site: Site | undefined
  /** The site whose handler has the request. */
  #handledBy: Site | undefined
  #isWritten = false

  constructor(listener: ListenerState, connection: Connection, request: ReceivedRequest, response: ServerResponse) {
    this.isHead = request.method === 'HEAD'
    this.#listener = listener
    this.#connection = connection
    this.#request = request
    this.#response = response
    connection.begin(response)
    if (connection.losesRest) connection.refuseRest()
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

  /** Answers a request that is not going to be handled. Without `incoming` some of its body is still to come. */
  refuse(status: number, text: string, incoming?: Incoming): void {
    this.#connection.receiving = undefined
    this.#answerByHead(textAnswer(status, text), incoming)
  }

  end(body: Uint8Array): void {
    this.#connection.receiving = undefined
    this.#request.body = body
    const site = this.#site as Site
    this.#handledBy = site
    site.begin()
    let answer: Promise<HttpResponse> | HttpResponse
    try {
      answer = site.onRequest(this.#request)
    } catch (error) {
      return this.#fail(error)
    }
    if (answer instanceof Promise) this.#answerLater(answer)
    else this.#answer(answer, false)
  }

  tooLarge(): void {
    this.#connection.receiving = undefined
    this.#answerByHead((this.#site as Site).tooLargeAnswer, undefined)
  }

  written(): void {
    if (this.#isWritten) return
    this.#isWritten = true
    this.#handledBy?.finish()
    this.#connection.finish()
    if (this.#listener.closing) this.#connection.endWhenWritten()
  }

  beginPush(): AbortSignal {
    this.#connection.beginPush()
    return this.#connection.signal
  }

  fault(error: unknown): void {
    this.#listener.onFault(error)
  }

  #precheck(site: Site): HttpResponse | undefined {
    try {
      return site.precheck?.(this.#request)
    } catch (error) {
      this.fault(error)
      return textAnswer(500, 'internal error\n')
    }
  }

  #answerByHead(answer: HttpResponse, incoming: Incoming | undefined): void {
    const unread = !incoming || hasBody(incoming.headers)
    if (unread) this.#connection.refuseRest()
    this.#answer(answer, unread)
  }

  #answerLater(answer: Promise<HttpResponse>): void {
    answer.then(
      (given) => this.#answer(given, false),
      (error: unknown) => this.#fail(error),
    )
  }

  #fail(error: unknown): void {
    this.fault(error)
    this.#answer(textAnswer(500, 'internal error\n'), false)
  }

  #answer(answer: HttpResponse, close: boolean): void {
    const response = this.#response
    const connection = this.#connection
    if (close || ((connection.losesRest || this.#listener.closing) && connection.isLast(response))) {
      response.shouldKeepAlive = false
      connection.ending = true
    }
    try {
      writeAnswer(response, answer, this)
    } catch (error) {
      // What the handler gave is no answer at all.
      this.fault(error)
      if (!response.headersSent) return writeAnswer(response, textAnswer(500, 'internal error\n'), this)
      response.destroy()
      this.written()
    }
  }
}
