import type { TriggerContext } from '@pelton/core'
import type { HttpHead, HttpResponse } from '@pelton/protocols/http'
import type { CorsDecision, DecideCors } from './cors.ts'

const healthPath = '/__internal/health'

/** Answers what needs neither body nor handler: health checks, not counted, and requests that CORS decides alone. */
export function precheckRequest(
  head: HttpHead,
  decideCors: DecideCors | undefined,
  count: TriggerContext['count'],
): HttpResponse | undefined {
  if (head.path.startsWith(healthPath)) return empty(200, [])
  if (!decideCors) return undefined
  const decision = corsOf(head, decideCors)
  if (decision.kind === 'proceed') return undefined
  count(decision.counts)
  return empty(decision.status, decision.headers)
}

/** What CORS says about a request. */
export function corsOf(head: HttpHead, decideCors: DecideCors): CorsDecision {
  return decideCors({
    method: head.method,
    origin: head.header('origin'),
    requestedMethod: head.header('access-control-request-method'),
    requestedHeaders: head.header('access-control-request-headers'),
  })
}

function empty(status: number, headers: HttpResponse['headers']): HttpResponse {
  return { status, headers, contentType: '', body: undefined }
}
