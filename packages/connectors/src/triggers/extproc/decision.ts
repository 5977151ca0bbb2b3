import type { Response } from '@pelton/core'
import type { HeaderToSet, ModeOverride } from '@pelton/protocols/ext-proc'
import { type Directions, readDirections } from './directions.ts'

/** What is to become of a request or response. */
export type Decision = Proceed | Answer

/** It goes on; absent members change nothing. */
export interface Proceed {
  kind: 'proceed'
  set: readonly HeaderToSet[]
  remove: readonly string[]
  /** Plain; empty empties. */
  body?: Uint8Array
  path?: string
  method?: string
  status?: number
  trailers?: readonly HeaderToSet[]
  metadata?: Record<string, unknown>
  modeOverride?: ModeOverride
}

/** The client is answered in the upstream's place. */
export interface Answer {
  kind: 'answer'
  status: number
  headers: readonly HeaderToSet[]
  body?: Uint8Array
}

/** It goes on as it came. */
export const unchanged: Proceed = { kind: 'proceed', set: [], remove: [] }

/** The status that a plain response may carry in a header, for handlers that know no other way. */
const statusHeader = 'x-processing-status'
/** What a body of text or bytes is called when the handler named no type: that says nothing of the message's own. */
const impliedTypes = new Set(['', 'text/plain', 'text/plain; charset=utf-8', 'application/octet-stream'])
/** The proxy frames messages itself. */
const framing = new Set(['content-length', 'transfer-encoding', 'connection', statusHeader])

/**
 * Reads a handler's response, whose body has been gathered: what `context.extproc` made says it all; otherwise nothing
 * is no change, status 200 goes on with its headers and a body that is not empty, and any other status answers.
 */
export function decide(response: Response, body: Uint8Array | undefined): Decision {
  const directions = response.extra && readDirections(response.extra['extproc'])
  if (!directions) return decidePlain(response, body)
  return directions.action === 'respond' ? answerOf(response, response.status, body) : proceedBy(directions, body)
}

function decidePlain(response: Response, body: Uint8Array | undefined): Decision {
  const status = plainStatus(response)
  if (status !== 200) return answerOf(response, status, body)
  // Who gave no body named no type for one either.
  if (response.body === undefined && response.headers.length === 0) return unchanged
  const set = headersOf(response)
  if (!impliedTypes.has(response.contentType)) set.push(overwrite('content-type', response.contentType))
  const isNew = body !== undefined && body.byteLength > 0
  if (set.length === 0 && !isNew) return unchanged
  return { kind: 'proceed', set, remove: [], ...(isNew ? { body } : {}) }
}

function plainStatus({ status, headers }: Response): number {
  const named = headers.find(([name]) => name.toLowerCase() === statusHeader)
  if (!named) return status
  const given = Math.trunc(Number(named[1]))
  return named[1].trim() !== '' && given >= 200 && given <= 599 ? given : status
}

function answerOf(response: Response, status: number, body: Uint8Array | undefined): Answer {
  const headers = headersOf(response)
  if (response.contentType !== '') headers.push(overwrite('content-type', response.contentType))
  return { kind: 'answer', status, headers, ...(body && body.byteLength > 0 ? { body } : {}) }
}

function headersOf({ headers }: Response): HeaderToSet[] {
  const given = headers.map(([name, value]): [string, string] => [name.toLowerCase(), value])
  return linesOf(given.filter(isFree))
}

function isFree([name]: readonly [name: string, value: string]): boolean {
  return !framing.has(name)
}

function proceedBy(directions: Directions, body: Uint8Array | undefined): Proceed {
  const { set = [], add = [], remove = [], trailers, path, method, status } = directions
  const { metadata, modeOverride, replacesBody } = directions
  const appended = add.filter(isFree).map(([name, value]): HeaderToSet => ({ name, value, action: 'append' }))
  const given = linesOf(set.filter(isFree))
  return {
    kind: 'proceed',
    set: appended.length > 0 ? [...given, ...appended] : given,
    remove,
    ...(replacesBody ? { body: body ?? new Uint8Array(0) } : {}),
    ...(path === undefined ? {} : { path }),
    ...(method === undefined ? {} : { method }),
    ...(status === undefined ? {} : { status }),
    ...(trailers ? { trailers: linesOf(trailers) } : {}),
    ...(metadata ? { metadata } : {}),
    ...(modeOverride ? { modeOverride } : {}),
  }
}

/** The first line of a name replaces what is there, further ones stand beside it. */
function linesOf(pairs: readonly (readonly [string, string])[]): HeaderToSet[] {
  const seen = pairs.length > 1 ? new Set<string>() : undefined
  return pairs.map(([name, value]) => {
    const action = seen?.has(name) ? 'append' : 'overwrite'
    seen?.add(name)
    return { name, value, action }
  })
}

function overwrite(name: string, value: string): HeaderToSet {
  return { name, value, action: 'overwrite' }
}
