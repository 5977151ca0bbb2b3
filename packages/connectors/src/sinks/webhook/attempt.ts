import { type Clock, formatDuration } from '@pelton/core'
import { isRedirect, redirect } from './redirect.ts'
import { type Exchange, type Sending, sendRequest } from './send-request.ts'
import { signBody } from './signature.ts'
import type { AttemptEnd } from './verdict.ts'
import type { WebhookRequest } from './webhook-request.ts'

/** What attempts are made with. */
export interface Attempting extends Sending {
  timeoutMs: number
  signingSecret: string | undefined
}

/** Delivers once, redirects included, within the timeout; `giveUp` cuts it. Never rejects. */
export async function attempt(
  request: WebhookRequest,
  attempting: Attempting,
  giveUp: AbortSignal,
): Promise<AttemptEnd> {
  const { clock, timeoutMs } = attempting
  const cut = new AbortController()
  const late = new Error(`no answer within ${formatDuration(timeoutMs)}`)
  const timer = clock.after(timeoutMs, () => cut.abort(late))
  const stop = (): void => cut.abort(new Error('the sink was closed'))
  giveUp.addEventListener('abort', stop, { once: true })
  try {
    return await follow(signed(request, attempting), attempting, cut.signal)
  } finally {
    timer.cancel()
    giveUp.removeEventListener('abort', stop)
  }
}

async function follow(first: WebhookRequest, sending: Sending, signal: AbortSignal): Promise<AttemptEnd> {
  let request = first
  for (let hops = 0; ; hops += 1) {
    const exchange = await sendFresh(request, sending, signal)
    if (exchange.kind === 'broken') return { kind: 'broken', reason: reasonOf(exchange.error) }
    const { status, location, retryAfter } = exchange
    if (!isRedirect(status)) return { kind: 'answered', status, retryAfter }
    const next = redirect(request, status, location, hops)
    if ('fault' in next) return { kind: 'misdirected', reason: next.fault }
    request = next.request
  }
}

/** A kept connection may have been closed by its other end just now: that is no failure of the receiver's. */
async function sendFresh(request: WebhookRequest, sending: Sending, signal: AbortSignal): Promise<Exchange> {
  const headers = { ...request.headers, ...request.ownHeaders }
  const exchange = await sendRequest(request, headers, sending, signal)
  const isGone = exchange.kind === 'broken' && exchange.isStale && !signal.aborted
  return isGone ? sendRequest(request, headers, sending, signal) : exchange
}

/** Each attempt has its own time, so that receivers may refuse old signatures. */
function signed(
  request: WebhookRequest,
  { signingSecret, clock }: { signingSecret: string | undefined; clock: Clock },
): WebhookRequest {
  if (signingSecret === undefined) return request
  const signature = signBody(signingSecret, request.body, clock.wall())
  return { ...request, ownHeaders: { ...request.ownHeaders, 'X-Signature': signature } }
}

/** A connection that was tried at several addresses fails with a list of reasons. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message
  const reasons = error instanceof AggregateError ? error.errors.map((one) => (one as Error).message) : []
  return reasons.join('; ') || 'the connection failed'
}
