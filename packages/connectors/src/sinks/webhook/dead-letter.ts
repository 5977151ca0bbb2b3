import { Buffer, isUtf8 } from 'node:buffer'
import type { Bytes, SinkItem } from '@pelton/core'
import type { GivenUp } from './delivery.ts'
import { itemHeaders } from './webhook-request.ts'

/** Larger bodies are left out of the file; `body_bytes` says how large they were. */
export const mostBodyBytes = 8 << 20

/** What a dead letter tells beside the answer. */
export interface DeadLetterFacts {
  url: string
  givenUp: GivenUp
  wallMs: number
}

/** One line of JSON, with its newline: what is needed to send the answer again, without configured headers. */
export function deadLetterLine(item: SinkItem, { url, givenUp, wallMs }: DeadLetterFacts): string {
  const { body, contentType } = item.response
  const { 'Content-Type': _sent, ...headers } = itemHeaders(item)
  const letter = {
    time: new Date(wallMs).toISOString(),
    event_id: item.eventId,
    url,
    reason: givenUp.reason,
    attempts: givenUp.attempts,
    headers,
    content_type: contentType,
    body_bytes: body.length,
    ...written(body),
  }
  return `${JSON.stringify(letter)}\n`
}

function written(body: Bytes): { body?: string; body_base64?: string } {
  if (body.length > mostBodyBytes) return {}
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return isUtf8(bytes) ? { body: bytes.toString('utf8') } : { body_base64: bytes.toString('base64') }
}
