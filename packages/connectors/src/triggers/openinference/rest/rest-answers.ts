import { Buffer } from 'node:buffer'
import type { HeaderList } from '@pelton/core'
import type { HttpResponse } from '@pelton/protocols/http'
import type { InferenceError } from '@pelton/protocols/inference'
import { FailedEvent } from '../read-answer.ts'

const contentType = 'application/json'

/** Any JSON as an answer. */
export function jsonAnswer(status: number, value: unknown, headers: HeaderList = []): HttpResponse {
  return { status, headers, contentType, body: Buffer.from(JSON.stringify(value)) }
}

/** The protocol's error object. */
export function errorAnswer(
  { status, message }: { status: number; message: string },
  headers?: HeaderList,
): HttpResponse {
  return jsonAnswer(status, { error: message }, headers)
}

/** The answer to a request that cannot be answered; with the event's id where there was one. */
export function refusal(error: InferenceError): HttpResponse {
  return errorAnswer(error, error instanceof FailedEvent ? [['X-Pelton-Event-Id', error.eventId]] : [])
}
