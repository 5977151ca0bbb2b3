import type { Bytes, EventData, Outcome, PeltonError, Response, SinkItem } from '@pelton/core'

/** What sinks are told of an event: taken before it is handed out, so that nobody keeps its body. */
export type EventFacts = Pick<SinkItem, 'eventId' | 'fields' | 'timestamp'>

/** Takes the facts from an event. */
export function factsOf({ id, fields, timestamp }: EventData): EventFacts {
  return { eventId: id, fields, timestamp }
}

/** Whether an outcome has nothing for a sink: errors, unless they are wanted, and answers without a body. */
export function isKeptOut(outcome: Outcome, includesErrors: boolean): boolean {
  if (outcome.status === 'failed') return !includesErrors
  const { status, body } = outcome.response
  if (status >= 400 && !includesErrors) return true
  return body === undefined || (body instanceof Uint8Array && body.byteLength === 0)
}

/** An answer with its whole body as an item. */
export function itemOf(facts: EventFacts, response: Response, body: Bytes): SinkItem {
  const { status, headers, contentType, bodyType } = response
  return { ...facts, response: { status, headers, contentType, body, ...(bodyType ? { bodyType } : {}) } }
}

/** A failure as an item: its status and its code. What the handler said is for the log only. */
export function failureItem(facts: EventFacts, { status, code }: PeltonError): SinkItem {
  const body = Buffer.from(`the event could not be handled: ${code}\n`)
  const contentType = 'text/plain; charset=utf-8'
  return { ...facts, response: { status, headers: [], contentType, body, bodyType: 'text' } }
}
