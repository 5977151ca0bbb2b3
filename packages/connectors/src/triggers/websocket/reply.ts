import { isUtf8 } from 'node:buffer'
import type { Bytes, Outcome, PeltonError } from '@pelton/core'
import type { BodyType } from '@pelton/sdk'
import { chunkType } from '@pelton/sdk/chunk-type'

/** One message on its way to a client. */
export interface Message {
  data: Bytes
  isText: boolean
}

/** What a client gets of an outcome. */
export type Reply = Message | { chunks: AsyncIterable<Bytes>; typeOf: (chunk: Bytes) => boolean } | undefined

const textTypes = /^(?:text\/|application\/json(?:;|$)|[^;]+\+json(?:;|$))/i

/**
 * What becomes of an outcome: whatever the handler gave as the body, and nothing of itself when it failed or answered
 * with 400 or more. Text goes out as text. An empty body counts only as a text in mode `message`, where it was returned on purpose.
 */
export function replyOf(outcome: Outcome, keepsEmpty: boolean): Reply {
  if (outcome.status === 'failed' || outcome.response.status >= 400) return undefined
  const { body, contentType, bodyType } = outcome.response
  if (body === undefined) return undefined
  if (!(body instanceof Uint8Array)) {
    return { chunks: body, typeOf: (chunk) => isText(chunk, chunkType(chunk), contentType) }
  }
  if (body.byteLength === 0 && !(keepsEmpty && bodyType === 'text')) return undefined
  return { data: body, isText: isText(body, bodyType, contentType) }
}

/** The text for a client whose event failed: no more about the reason than a stranger may know. */
export function errorReport(reason: string, eventId: string): Message {
  return { data: Buffer.from(JSON.stringify({ error: reason, event_id: eventId })), isText: true }
}

/** Why there is no reply, for the client; undefined when nothing failed. */
export function failureOf(outcome: Outcome): string | undefined {
  if (outcome.status === 'failed') return textFor(outcome.error)
  const { status } = outcome.response
  return status >= 400 ? `the handler answered ${status}` : undefined
}

function textFor({ code, message, status }: PeltonError): string {
  // Its message is made for callers: generic, or the handler's own text where `exposeErrors` is set.
  if (code === 'handler_failed') return message
  if (status === 408) return 'handler timed out'
  return status === 503 ? 'no worker is free' : 'the event could not be handled'
}

function isText(data: Bytes, given: BodyType | undefined, contentType: string): boolean {
  if (given === 'bytes' || (given === undefined && !textTypes.test(contentType))) return false
  return isUtf8(data)
}
