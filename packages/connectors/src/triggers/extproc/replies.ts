import type {
  BodyMode,
  BodyMutation,
  HeaderMutation,
  HeaderToSet,
  ImmediateReply,
  Part,
  PartReply,
  ProcessingRequest,
} from '@pelton/protocols/ext-proc'
import type { Answer, Proceed } from './decision.ts'

/** The parts of one direction. */
export interface PartNames {
  headers: Part
  body: Part
  trailers: Part
}

export const requestParts: PartNames = {
  headers: 'requestHeaders',
  body: 'requestBody',
  trailers: 'requestTrailers',
}
export const responseParts: PartNames = {
  headers: 'responseHeaders',
  body: 'responseBody',
  trailers: 'responseTrailers',
}

/** The part goes on as it came; one object a part, for the codec knows them. */
const unchangedReplies: Readonly<Record<Part, PartReply>> = {
  requestHeaders: { part: 'requestHeaders' },
  requestBody: { part: 'requestBody' },
  requestTrailers: { part: 'requestTrailers' },
  responseHeaders: { part: 'responseHeaders' },
  responseBody: { part: 'responseBody' },
  responseTrailers: { part: 'responseTrailers' },
}

/** A piece of a body is dropped: it comes back later, in one with others. */
export function cleared(part: Part): PartReply {
  return { part, body: { kind: 'clear' } }
}

/** What a direction's headers become beside what the handler said. */
export interface HeaderFacts {
  isRequest: boolean
  /** Of the new body, as it goes out; absent: it keeps the one that it has. */
  bodyBytes?: number | undefined
  /** The body goes out plain where it came in a coding. */
  losesCoding?: boolean
  marks?: readonly HeaderToSet[]
}

/** All that a decision and the new body do to the headers; undefined when that is nothing. */
export function headerMutation(decision: Proceed, facts: HeaderFacts): HeaderMutation | undefined {
  const { isRequest, bodyBytes, losesCoding = false, marks = [] } = facts
  const set = [...decision.set, ...marks]
  if (isRequest && decision.path !== undefined) set.push(overwrite(':path', decision.path))
  if (isRequest && decision.method !== undefined) set.push(overwrite(':method', decision.method))
  if (!isRequest && decision.status !== undefined) set.push(overwrite(':status', String(decision.status)))
  // Where there was none the proxy frames the body otherwise.
  if (bodyBytes !== undefined) {
    set.push({ name: 'content-length', value: String(bodyBytes), action: 'overwriteIfExists' })
  }
  const remove = losesCoding ? [...decision.remove, 'content-encoding'] : decision.remove
  if (set.length === 0 && remove.length === 0) return undefined
  return { ...(set.length > 0 ? { set } : {}), ...(remove.length > 0 ? { remove } : {}) }
}

/** What a reply is made of; what is absent or undefined is left out. */
export interface ReplyContent {
  headers?: HeaderMutation | undefined
  body?: BodyMutation | undefined
}

/** The reply to a part by a decision. */
export function partReply(part: Part, decision: Proceed, { headers, body }: ReplyContent): PartReply {
  const isRequest = part === 'requestHeaders' || part === 'requestBody'
  const isReopened = isRequest && (decision.path !== undefined || decision.method !== undefined)
  const { metadata, modeOverride } = decision
  return {
    part,
    ...(headers ? { headers } : {}),
    ...(body ? { body } : {}),
    ...(isReopened ? { clearsRouteCache: true } : {}),
    ...(metadata ? { dynamicMetadata: metadata } : {}),
    ...(modeOverride ? { modeOverride } : {}),
  }
}

/** What takes the place of a body, or of a piece of it. */
export function replaced(body: Uint8Array): BodyMutation {
  return body.byteLength === 0 ? { kind: 'clear' } : { kind: 'replace', body }
}

/** The answer that a handler chose. */
export function answerReply({ status, headers, body }: Answer): ImmediateReply {
  return {
    part: 'immediate',
    status,
    details: 'pelton_function',
    ...(headers.length > 0 ? { headers: { set: headers } } : {}),
    ...(body ? { body } : {}),
  }
}

/** Why there is no decision. */
export interface Failure {
  status: number
  /** For the client: no more about the reason than a stranger may know. */
  text: string
  /** For the proxy's log. */
  details: string
  eventId: string
}

/** The answer to what has failed. */
export function failureReply({ status, text, details, eventId }: Failure): ImmediateReply {
  const set: HeaderToSet[] = [
    overwrite('content-type', 'text/plain; charset=utf-8'),
    overwrite('x-pelton-event-id', eventId),
  ]
  const body = Buffer.from(`${text}\nevent ${eventId}\n`)
  return { part: 'immediate', status, details, headers: { set }, body }
}

function overwrite(name: string, value: string): HeaderToSet {
  return { name, value, action: 'overwrite' }
}

/** A piece of a body in mode FULL_DUPLEX_STREAMED. */
export function streamed(body: Uint8Array, endOfStream: boolean): BodyMutation {
  return { kind: 'streamed', body, endOfStream }
}

/** A message goes on as it came; in FULL_DUPLEX_STREAMED only what is sent back goes on. */
export function echo({ part, body, endOfStream }: ProcessingRequest, mode: BodyMode | undefined): PartReply {
  const isBody = part === 'requestBody' || part === 'responseBody'
  return isBody && mode === 'FULL_DUPLEX_STREAMED'
    ? { part, body: streamed(body, endOfStream) }
    : unchangedReplies[part]
}
