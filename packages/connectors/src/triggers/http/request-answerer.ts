import type {
  Bytes,
  DispatchOptions,
  EventData,
  HeaderList,
  Outcome,
  PeltonError,
  Response,
  TriggerContext,
  TriggerSettings,
} from '@pelton/core'
import { type HttpRequest, type HttpResponse, textAnswer } from '@pelton/protocols/http'
import { asCloudEvent, mayBeCloudEvent, readCloudEvent } from './cloudevents.ts'
import type { HttpAttributes } from './config.ts'
import { type DecideCors, corsHeaders } from './cors.ts'
import { failureAnswer } from './failure-answer.ts'
import { type FileWish, fileWish, streamFile } from './file-response.ts'
import { HttpEvent } from './http-event.ts'
import { HeaderLog } from './log-capture.ts'
import { corsOf } from './precheck.ts'

/** Failures that are in the log already, or that nobody asks about. */
const toldElsewhere: ReadonlySet<string> = new Set(['handler_failed', 'result_unreadable', 'caller_left'])

const textType = 'text/plain; charset=utf-8'

/** Turns one request after the other into an event, and its outcome into an answer. */
export class RequestAnswerer {
  readonly #settings: TriggerSettings<HttpAttributes>
  readonly #context: TriggerContext
  readonly #decideCors: DecideCors | undefined
  readonly #trigger: { readonly kind: string; readonly name: string }

  constructor(settings: TriggerSettings<HttpAttributes>, context: TriggerContext, decideCors: DecideCors | undefined) {
    this.#settings = settings
    this.#context = context
    this.#decideCors = decideCors
    this.#trigger = { kind: 'http', name: settings.name }
  }

  /** Never rejects. */
  async answer(request: HttpRequest): Promise<HttpResponse> {
    const answer = await this.#handle(request)
    return this.#decideCors ? withCors(answer, corsOf(request, this.#decideCors).headers) : answer
  }

  async #handle(request: HttpRequest): Promise<HttpResponse> {
    const event = this.#eventOf(request)
    if ('status' in event) return event
    const wish = request.header('x-nuclio-log-level')
    const log = wish === undefined ? undefined : new HeaderLog(wish, this.#settings.name)
    const options: DispatchOptions = log ? { signal: request.signal, log } : { signal: request.signal }
    const outcome = await this.#context.dispatch(event, options)
    const answer = await this.#answerOf(outcome, event)
    return log ? this.#withLogs(answer, log, event.id) : answer
  }

  #eventOf(request: HttpRequest): EventData | HttpResponse {
    const event = new HttpEvent(request, this.#trigger)
    if (!mayBeCloudEvent(request)) return event
    const { contentType } = event
    const reading = readCloudEvent({
      contentType,
      header: (name) => request.header(name),
      headers: request.headers,
      body: request.body,
    })
    if (!reading) return event
    if ('event' in reading) return asCloudEvent(event, reading.event)
    this.#context.logger.debug('cloudevent_refused', { event_id: event.id, reason: reading.reason })
    return textAnswer(this.#settings.compat === 'none' ? reading.status : 500, `${reading.reason}\n`)
  }

  #answerOf(outcome: Outcome, event: EventData): HttpResponse | Promise<HttpResponse> {
    if (outcome.status === 'failed') return this.#answerFailure(outcome.error, event.id)
    const { response } = outcome
    const wish = response.headers.length > 0 ? fileWish(response.headers) : undefined
    return wish ? this.#answerWithFile(response, wish, event.id) : handledAnswer(response)
  }

  /** The log has what the answer does not tell; what a handler did wrong its worker has logged. */
  #answerFailure(error: PeltonError, eventId: string): HttpResponse {
    const { code, message } = error
    if (!toldElsewhere.has(code)) {
      this.#context.logger.warn('event_failed', { event_id: eventId, error: { code, message } })
    }
    return failureAnswer(error, eventId, this.#settings.compat)
  }

  async #answerWithFile(response: Response, wish: FileWish, eventId: string): Promise<HttpResponse> {
    leave(response.body)
    try {
      const body = await streamFile(wish)
      return handledAnswer({ ...response, headers: wish.headers, body })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      this.#context.logger.warn('file_not_sent', { event_id: eventId, path: wish.path, reason: message })
      const answer =
        code === 'ENOENT' ? textAnswer(404, 'no such file\n') : textAnswer(500, 'the file cannot be sent\n')
      return { ...answer, headers: [['X-Pelton-Event-Id', eventId]] }
    }
  }

  #withLogs(answer: HttpResponse, log: HeaderLog, eventId: string): HttpResponse {
    const header = log.header()
    if (header === undefined) {
      this.#context.logger.warn('logs_header_omitted', {
        event_id: eventId,
        reason: 'the records take 4096 bytes or more',
      })
      return answer
    }
    return { ...answer, headers: [...answer.headers, ['X-Nuclio-Logs', header]] }
  }
}

function handledAnswer({ status, headers, contentType, body }: Response): HttpResponse {
  if (contentType !== '' || body === undefined) return { status, headers, contentType, body }
  const named = headers.some(([name]) => name.toLowerCase() === 'content-type')
  return { status, headers, contentType: named ? '' : textType, body }
}

function withCors(answer: HttpResponse, added: HeaderList): HttpResponse {
  const own = answer.headers.filter(([name]) => !corsHeaders.has(name.toLowerCase()))
  return { ...answer, headers: [...own, ...added] }
}

function leave(body: Bytes | AsyncIterable<Bytes> | undefined): void {
  if (body === undefined || body instanceof Uint8Array) return
  const stream = body[Symbol.asyncIterator]()
  const leaving = async (): Promise<void> => {
    await stream.return?.()
  }
  // The file takes its place; what the stream does at its end concerns nobody.
  leaving().catch(() => undefined)
}
