import type { CompatMode } from './compat.ts'
import type { HandlerResponse } from './context.ts'
import type { Bytes } from './event.ts'
import { isFetchResponse, readFetchResponse } from './fetch-response.ts'
import { type BodyReading, readBody, reasonOf } from './read-body.ts'
import { responseOrigin } from './respond.ts'
import { contentTypeFault, readHeaders } from './response-headers.ts'
import type { BodyType, Response } from './response.ts'

/** A result that was read, or why it is no response. */
export type Reading = { response: Response } | { failure: string }

/** How an answer was given, which nuclio files read differently. */
export type AnswerWay = 'return' | 'callback'

interface Parts {
  status: unknown
  headers: unknown
  contentType: unknown
  body: BodyReading
}

type ContentTypes = Record<'text' | 'bytes' | 'stream' | 'json', string>

const text = 'text/plain; charset=utf-8'
const own: ContentTypes = {
  text,
  bytes: 'application/octet-stream',
  stream: 'application/octet-stream',
  json: 'application/json',
}
const nuclioReturn: ContentTypes = { ...own, bytes: 'text/plain', stream: 'text/plain' }
const nuclioCallback: ContentTypes = { ...nuclioReturn, text: 'text/plain' }
const bodyTypes: Record<'text' | 'bytes' | 'json' | 'stream' | 'none', BodyType | undefined> = {
  text: 'text',
  json: 'text',
  bytes: 'bytes',
  stream: undefined,
  none: undefined,
}
/** Keys of a response that is given as a plain object. */
export const responseKeys: ReadonlySet<string> = new Set(['status', 'headers', 'contentType', 'body'])
const emptyBytes = new Uint8Array(0)

/**
 * Reads what a handler returned, or gave to `context.callback`, as a response. Never throws or rejects: what cannot be
 * answered is a failure with its reason. Only a WHATWG `Response` needs a promise.
 */
export function readResult(value: unknown, compat: CompatMode, way: AnswerWay = 'return'): Reading | Promise<Reading> {
  try {
    return read(value, compat !== 'none', way)
  } catch (error) {
    // A getter, a proxy or a `toJSON` of the handler's own threw.
    return { failure: `reading the result failed: ${reasonOf(error)}` }
  }
}

function read(value: unknown, nuclio: boolean, way: AnswerWay): Reading | Promise<Reading> {
  const types = contentTypes(nuclio, way)
  if (value === undefined) return silence(nuclio && way === 'callback')
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return plain(readBody(value), types)
  const origin = responseOrigin(value)
  if (origin !== undefined) return readBuilt(value as HandlerResponse, types, nuclio && origin === 'Response')
  if (isFetchResponse(value)) return readFetchResponse(value).catch(unreadable)
  if (isStatusPair(value))
    return assemble({ status: value[0], headers: undefined, contentType: '', body: readBody(value[1]) }, types)
  if (nuclio && way === 'callback') return plain(readBody(value), types)
  return isResponseShaped(value)
    ? assemble({ ...shaped, ...value, body: readBody(value.body) }, types)
    : plain(readBody(value), types)
}

const shaped = { status: 200, headers: undefined, contentType: '' }

function contentTypes(nuclio: boolean, way: AnswerWay): ContentTypes {
  if (!nuclio) return own
  return way === 'callback' ? nuclioCallback : nuclioReturn
}

function silence(asJson: boolean): Reading {
  return { response: { status: 200, headers: [], contentType: asJson ? 'application/json' : '', body: undefined } }
}

function unreadable(error: unknown): Reading {
  return { failure: `reading the Response failed: ${reasonOf(error)}` }
}

// nuclio's constructor writes every body that is not text as JSON and says so, whatever content type it was given.
function readBuilt(built: HandlerResponse, types: ContentTypes, asNuclio: boolean): Reading {
  const body = readBody(built.body)
  const contentType = asNuclio && 'kind' in body && body.kind === 'json' ? types.json : built.contentType
  const reading = assemble({ status: built.statusCode, headers: built.headers, contentType, body }, types)
  return built.extra === undefined ? reading : withExtra(reading, built.extra)
}

function withExtra(reading: Reading, extra: unknown): Reading {
  if ('failure' in reading) return reading
  if (!isPlainObject(extra)) return { failure: 'extra must be a plain object' }
  reading.response.extra = extra
  return reading
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function isStatusPair(value: object): value is [number, unknown] {
  return Array.isArray(value) && value.length === 2 && Number.isInteger(value[0]) && value[0] >= 100 && value[0] <= 999
}

/** Whether a value is a response by its shape: a plain object with a status or a body and no keys but `keys`. */
export function isResponseShaped(
  value: object,
  keys = responseKeys,
): value is { status?: number; headers?: unknown; contentType?: unknown; body?: unknown } {
  if (!isPlainObject(value)) return false
  const own = Object.keys(value)
  if (!own.includes('status') && !own.includes('body')) return false
  if (!own.every((key) => keys.has(key))) return false
  const { status } = value as { status?: unknown }
  return status === undefined || Number.isInteger(status)
}

function plain(body: BodyReading, types: ContentTypes): Reading {
  return assemble({ ...shaped, body }, types)
}

function assemble(parts: Parts, types: ContentTypes): Reading {
  const { body } = parts
  if ('failure' in body) return body
  const status = parts.status ?? 200
  if (!isStatus(status)) return { failure: `status ${reasonOf(status)} is not an integer from 200 to 599` }
  const headers = readHeaders(parts.headers)
  if ('failure' in headers) return headers
  const named = parts.contentType ?? ''
  const fault = contentTypeFault(named)
  if (fault !== undefined) return { failure: fault }
  const natural = body.kind === 'none' ? '' : types[body.kind]
  const contentType = (named as string) || headers.contentType || natural
  // A handler that gave a status or headers has said something, so the body is empty rather than absent.
  const bytes: Bytes | AsyncIterable<Bytes> = body.body ?? emptyBytes
  const response: Response = { status, headers: headers.list, contentType, body: bytes }
  const bodyType = bodyTypes[body.kind]
  if (bodyType !== undefined) response.bodyType = bodyType
  return { response }
}

function isStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
}
