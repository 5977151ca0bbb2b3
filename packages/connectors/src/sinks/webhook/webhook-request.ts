import type { Bytes, SinkItem } from '@pelton/core'
import type { WebhookAttributes } from './config.ts'
import { type Destination, destinationOf } from './destination.ts'

/** One answer as a request, the same for each of its attempts. */
export interface WebhookRequest {
  readonly method: string
  readonly destination: Destination
  /** What every receiver may see. */
  readonly headers: Readonly<Record<string, string>>
  /** What was configured, which may be secret: for the configured origin alone. */
  readonly ownHeaders: Readonly<Record<string, string>>
  readonly body: Bytes
}

const unsafe = /[^\x21-\x7e]/gu
const fieldValue = /^[\t\x20-\x7e\x80-\xff]+$/

/** Gives the function that makes requests of answers; `userAgent` unless a header was configured. */
export function createRequests(
  { url, method, headers }: WebhookAttributes,
  userAgent: string,
): (item: SinkItem) => WebhookRequest {
  const destination = destinationOf(new URL(url))
  const { shared, own } = sortHeaders(headers)
  const { authorization } = destination
  const fixed = { 'User-Agent': userAgent, ...shared }
  // Headers are set one after the other, in any letter case: what was configured comes last.
  const ownHeaders = authorization === undefined ? own : { Authorization: authorization, ...own }
  const verb = method.toUpperCase()
  return (item) => ({
    method: verb,
    destination,
    headers: { ...itemHeaders(item), ...fixed, 'Content-Length': String(item.response.body.length) },
    ownHeaders,
    body: item.response.body,
  })
}

/** What a request says of the event, in the names that the sink gives it. */
export function itemHeaders({ eventId, fields, response, timestamp }: SinkItem): Record<string, string> {
  const frame = fields['frame_num']
  return {
    'Content-Type': fieldValue.test(response.contentType) ? response.contentType : 'application/octet-stream',
    'X-Event-Id': headerText(eventId),
    ...(Number.isNaN(timestamp.getTime()) ? {} : { 'X-Timestamp': timestamp.toISOString() }),
    ...(frame === undefined ? {} : { 'X-Frame-Number': headerText(String(frame)) }),
  }
}

/** Ids come from anywhere: what cannot stand in a header is percent-encoded. */
function headerText(text: string): string {
  return text.toWellFormed().replace(unsafe, encodeURIComponent)
}

function sortHeaders(headers: Record<string, string>): {
  shared: Record<string, string>
  own: Record<string, string>
} {
  const shared: Record<string, string> = {}
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (lower === 'content-type') shared['Content-Type'] = value
    else if (lower === 'user-agent') shared['User-Agent'] = value
    else own[name] = value
  }
  return { shared, own }
}
