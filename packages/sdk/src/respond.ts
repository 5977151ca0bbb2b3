import type { HandlerResponse, ResponseConstructor } from './context.ts'

// Marks responses across copies of the sdk; its value tells which call made one.
const responseBrand: unique symbol = Symbol.for('pelton.response') as never

/** What `respond` takes beside the body. */
export interface RespondOptions {
  /** Default 200; 200 to 599. */
  status?: number
  /** Values may be lists: the header is then repeated. */
  headers?: Record<string, unknown>
  /** Wins over a `content-type` header; without either it follows the body. */
  contentType?: string
  /** In a batch: the event that it answers. */
  eventId?: string
  /** For the trigger alone: what its kind gives handlers puts its part here. */
  extra?: Record<string, unknown>
}

type Origin = 'Response' | 'respond'

class BuiltResponse implements HandlerResponse {
  body: unknown
  headers: Record<string, unknown>
  contentType: string
  statusCode: number;
  [responseBrand]: Origin

  constructor(body?: unknown, headers?: Record<string, unknown> | null, contentType?: string, statusCode?: number) {
    this.body = body
    this.headers = headers ?? {}
    this.contentType = contentType ?? ''
    this.statusCode = statusCode ?? 200
    this[responseBrand] = 'Response'
  }
}

/** `context.Response`: nuclio's constructor, with and without all its arguments. */
export const Response: ResponseConstructor = BuiltResponse

/** A response with a status, headers or a content type: `return respond('made', { status: 201 })`. */
export function respond(body?: unknown, options: RespondOptions = {}): HandlerResponse {
  const branded = new BuiltResponse(body, options.headers, options.contentType, options.status)
  branded[responseBrand] = 'respond'
  const built: HandlerResponse = branded
  if (options.eventId !== undefined) built.eventId = options.eventId
  if (options.extra !== undefined) built.extra = options.extra
  return built
}

/** Which call made a response, of whichever copy of the sdk; undefined for anything else. */
export function responseOrigin(value: object): Origin | undefined {
  return (value as { [responseBrand]?: Origin })[responseBrand]
}
