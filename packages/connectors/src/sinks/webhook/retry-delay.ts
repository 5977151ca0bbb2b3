const mostDelayMs = 30_000
const mostRetryAfterMs = 60_000

/** What a delay depends on. */
export interface RetryFacts {
  /** Attempts so far, from 1. */
  attempts: number
  firstDelayMs: number
  /** As the receiver wrote it. */
  retryAfter: string | undefined
  wallMs: number
  /** 0 to 1. */
  random: number
}

/**
 * Milliseconds before the next attempt: the first delay, doubled each time, up to a quarter longer so that many senders
 * do not come in step, at most 30 s. A receiver's `Retry-After` makes it longer, to 60 s at most.
 */
export function retryDelayMs({ attempts, firstDelayMs, retryAfter, wallMs, random }: RetryFacts): number {
  const full = firstDelayMs * 2 ** Math.min(attempts - 1, 30) * (1 + random / 4)
  const own = Math.min(full, Math.max(mostDelayMs, firstDelayMs))
  return Math.max(own, Math.min(retryAfterMs(retryAfter, wallMs) ?? 0, mostRetryAfterMs))
}

/** Milliseconds that a `Retry-After` of seconds or of a date asks for; undefined when it says neither. RFC 9110 §10.2.3. */
export function retryAfterMs(text: string | undefined, wallMs: number): number | undefined {
  if (text === undefined) return undefined
  const trimmed = text.trim()
  if (/^\d+$/.test(trimmed)) return Number(trimmed) * 1000
  const date = /^[A-Za-z]/.test(trimmed) ? Date.parse(trimmed) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallMs)
}
