import { type Attempting, attempt } from './attempt.ts'
import { retryDelayMs } from './retry-delay.ts'
import { judge } from './verdict.ts'
import type { WebhookRequest } from './webhook-request.ts'

/** How often and how patiently. */
export interface Delivering extends Attempting {
  maxRetries: number
  retryDelayMs: number
  /** Told of each attempt after the first. */
  retried: () => void
}

/** A request that was not delivered. */
export interface GivenUp {
  /** It was refused, or kept failing, or the sink was closed. */
  kind: 'refused' | 'failed' | 'closed'
  /** What the last attempt came to: `status 503`. */
  reason: string
  attempts: number
}

/** Delivers with further attempts where they may help; undefined when it succeeded. `giveUp` ends attempts and waits alike. */
export async function deliver(
  request: WebhookRequest,
  delivering: Delivering,
  giveUp: AbortSignal,
): Promise<GivenUp | undefined> {
  const { clock, maxRetries, retryDelayMs: firstDelayMs, retried } = delivering
  for (let attempts = 1; ; attempts += 1) {
    const verdict = judge(await attempt(request, delivering, giveUp))
    if (verdict.kind === 'delivered') return undefined
    const { reason } = verdict
    if (verdict.kind === 'give_up') return { kind: 'refused', reason, attempts }
    if (giveUp.aborted) return { kind: 'closed', reason, attempts }
    if (attempts > maxRetries) return { kind: 'failed', reason, attempts }
    const { retryAfter } = verdict
    const facts = { attempts, firstDelayMs, retryAfter, wallMs: clock.wall(), random: Math.random() }
    await clock.sleep(retryDelayMs(facts), giveUp)
    if (giveUp.aborted) return { kind: 'closed', reason, attempts }
    retried()
  }
}
