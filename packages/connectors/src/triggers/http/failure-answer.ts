import type { Compat, HeaderList, PeltonError } from '@pelton/core'
import { type HttpResponse, textAnswer } from '@pelton/protocols/http'

/** Answers an event that has no response: its status, and no more about the reason than a stranger may know. */
export function failureAnswer(error: PeltonError, eventId: string, compat: Compat): HttpResponse {
  const headers: HeaderList = [['X-Pelton-Event-Id', eventId]]
  const status = error.status >= 400 && error.status <= 599 ? error.status : 500
  if (status === 408) return { ...timedOut, headers }
  if (status === 503 && compat !== 'none') return { status, headers, contentType: '', body: undefined }
  return { ...textAnswer(status, `${textFor(error, status)}\n`), headers }
}

const timedOut = {
  status: 408,
  contentType: 'application/json',
  body: Buffer.from('{"error": "handler timed out"}'),
}

function textFor(error: PeltonError, status: number): string {
  // Its message is made for callers: generic, or the handler's own text where `exposeErrors` is set.
  if (error.code === 'handler_failed') return error.message
  return status === 503 ? 'no worker is free' : 'the event could not be handled'
}
