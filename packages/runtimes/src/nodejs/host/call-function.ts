import type { FunctionCall, FunctionReply } from '@pelton/sdk'
import { reasonOf } from '@pelton/sdk/host'
import type { IncomingMessage } from 'node:http'
import { errors } from '../../errors.ts'
import { type AddressSources, callUrl, functionAddress } from './function-address.ts'
import type { Handling } from './handling.ts'

/** What calls to other functions need. */
export interface CallSources extends AddressSources {
  /** The event that calls: its trace goes on in the called function. That of several does not. */
  current: () => Handling | undefined
}

type Given = FunctionCall | string | Uint8Array | undefined

/** One call, ready to be sent. */
interface Prepared {
  name: string
  url: URL
  method: string
  headers: Record<string, string>
  body: string | Uint8Array | undefined
  timeoutMs: number
}

const maxReplyBytes = 64 * 1024 * 1024
const defaultTimeoutMs = 60_000
// RFC 9110 §7.6.1: they are about the connection, and a reply may be returned as a response.
const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length'])

/** What `context.callFunction` does: POST with a body and GET without unless the call says otherwise; replies of at most 64 MiB, 60 s. */
export async function callFunction(sources: CallSources, name: string, given: Given): Promise<FunctionReply> {
  return send(prepareCall(name, given, sources))
}

function prepareCall(name: string, given: Given, sources: CallSources): Prepared {
  const call: FunctionCall = typeof given === 'string' || given instanceof Uint8Array ? { body: given } : (given ?? {})
  const address = functionAddress(name, sources)
  const url = callUrl(address, call.path ?? '/')
  if (url === undefined) throw errors.function_unreachable({ name, url: address, reason: 'it is no http address' })
  const { body, contentType } = bodyOfCall(call)
  const headers = { ...traceOf(sources.current()), ...call.headers, 'x-nuclio-target': name }
  return {
    name,
    url,
    method: call.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: contentType === undefined ? headers : { 'content-type': contentType, ...headers },
    body,
    timeoutMs: call.timeoutMs ?? defaultTimeoutMs,
  }
}

function bodyOfCall(call: FunctionCall): { body: string | Uint8Array | undefined; contentType: string | undefined } {
  const { body, contentType } = call
  if (body === undefined || body === null) return { body: undefined, contentType }
  if (body instanceof Uint8Array) return { body, contentType }
  if (typeof body === 'string') return { body, contentType: contentType ?? 'text/plain; charset=utf-8' }
  return { body: JSON.stringify(body), contentType: contentType ?? 'application/json' }
}

function traceOf(event: Handling | undefined): Record<string, string> {
  const headers = event?.data?.headers ?? {}
  const trace: Record<string, string> = {}
  for (const name of ['traceparent', 'tracestate']) {
    const value = headers[name]
    if (typeof value === 'string') trace[name] = value
  }
  return trace
}

async function send(call: Prepared): Promise<FunctionReply> {
  // Loaded by the first call: most functions make none.
  const { request } = await (call.url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const place = { name: call.name, url: call.url.href }
  const deadline = AbortSignal.timeout(call.timeoutMs)
  try {
    const reply = Promise.withResolvers<IncomingMessage>()
    const outgoing = request(call.url, { method: call.method, headers: call.headers, signal: deadline }, reply.resolve)
    outgoing.on('error', reply.reject)
    outgoing.end(call.body)
    return await readReply(await reply.promise, place)
  } catch (error) {
    if (deadline.aborted) throw errors.function_call_timeout({ ...place, timeoutMs: call.timeoutMs }, error)
    if (error instanceof Error && 'code' in error && error.code === errors.function_reply_too_large.code) throw error
    throw errors.function_unreachable({ ...place, reason: reasonOf(error) }, error)
  }
}

async function readReply(incoming: IncomingMessage, place: { name: string; url: string }): Promise<FunctionReply> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    if ((size += chunk.byteLength) > maxReplyBytes) {
      throw errors.function_reply_too_large({ ...place, maxBytes: maxReplyBytes })
    }
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !ofConnection.has(name)) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  const contentType = headers['content-type'] ?? ''
  return {
    status: incoming.statusCode ?? 0,
    headers,
    contentType,
    body: bodyOfReply(Buffer.concat(chunks), contentType),
  }
}

function bodyOfReply(body: Buffer, contentType: string): unknown {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) return body
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    // It says JSON and is none: the caller gets the bytes and may look.
    return body
  }
}
