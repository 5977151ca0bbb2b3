/** How an attempt ended. */
export type AttemptEnd =
  | { kind: 'answered'; status: number; retryAfter: string | undefined }
  /** A redirect that was not followed. */
  | { kind: 'misdirected'; reason: string }
  /** There was no answer. */
  | { kind: 'broken'; reason: string }

/** What to do after an attempt. `reason` says in a few words why it was none. */
export type Verdict =
  | { kind: 'delivered' }
  | { kind: 'retry'; reason: string; retryAfter: string | undefined }
  | { kind: 'give_up'; reason: string }

const passing = new Set([408, 429])

/** Any 2xx is success; what may be otherwise next time is tried again. */
export function judge(end: AttemptEnd): Verdict {
  if (end.kind === 'misdirected') return { kind: 'give_up', reason: end.reason }
  if (end.kind === 'broken') return { kind: 'retry', reason: end.reason, retryAfter: undefined }
  const { status, retryAfter } = end
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const reason = `status ${status}`
  return status >= 500 || passing.has(status) ? { kind: 'retry', reason, retryAfter } : { kind: 'give_up', reason }
}
