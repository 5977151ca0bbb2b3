import type { Event } from './event.ts'
import type { Logger } from './logger.ts'

/** Constructor of a nuclio response: `new context.Response(body, headers, contentType, statusCode)`. */
export type ResponseConstructor = new (
  body?: unknown,
  headers?: Record<string, unknown> | null,
  contentType?: string,
  statusCode?: number,
) => HandlerResponse

/** A response under construction; what `context.Response` and `respond()` make. */
export interface HandlerResponse {
  body: unknown
  headers: Record<string, unknown>
  contentType: string
  statusCode: number
  /** In a batch: the event that it answers. Without it results are taken in the order of the events. */
  eventId?: string
  /** For the trigger alone: what its kind gives handlers puts its part here. A plain object; it must be JSON, or bytes. */
  extra?: Record<string, unknown>
}

/** What `context.callFunction` sends; a string or bytes alone is a POST of that body. */
export interface FunctionCall {
  method?: string
  path?: string
  headers?: Record<string, string>
  contentType?: string
  /** Objects are sent as JSON. */
  body?: unknown
  /** Default 60,000. */
  timeoutMs?: number
}

/** What the called function answered; a JSON body is parsed. */
export interface FunctionReply {
  status: number
  headers: Record<string, string>
  contentType: string
  body: unknown
}

/** What a handler is given beside the event. Members may be destructured. */
export interface Context {
  logger: Logger
  /** The function's own state in this worker: set it in `initContext`. */
  userData: Record<string, unknown>
  /** Answers the event, or with a list of results the batch; what counts is the first answer. */
  callback: (result?: unknown) => void
  Response: ResponseConstructor
  /** Calls another function by name over HTTP; rejects when it cannot be reached in time. */
  callFunction: (name: string, call?: FunctionCall | string | Uint8Array) => Promise<FunctionReply>
  /** Number of this worker in its pool, from 0. */
  workerId: number
  /** The trigger whose pool this worker serves; for a shared pool the kind is empty and the name is the pool's. */
  trigger: { kind: string; name: string }
  functionName: string
  functionVersion: string
}

/** A handler: its result, or the promise's, is the response. */
export type Handler = (context: Context, event: Event) => unknown

/** A handler where the trigger gathers batches: its list of results, or the promise's, answers the events one by one. */
export type BatchHandler = (context: Context, events: Event[]) => unknown

/** Runs once in each worker before its first event; awaited. */
export type InitContext = (context: Context) => unknown
