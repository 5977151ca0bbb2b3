import type { Context, Event } from '@pelton/sdk'

/** Whoever asked gets this answer; the receiver of the webhook gets it, too. */
export function handler(_context: Context, event: Event) {
  const { item, count } = event.json<{ item: string; count: number }>()
  if (!(count > 0)) return { status: 400, body: 'count must be more than 0' }
  return { status: 201, body: { item, count, accepted: true } }
}
