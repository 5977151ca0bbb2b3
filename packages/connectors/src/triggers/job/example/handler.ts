import type { Context, Event } from '@pelton/sdk'

/** Adds up what the event brings. */
export function handler(context: Context, event: Event): { total: number } {
  const { amounts } = event.json<{ amounts: number[] }>()
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  context.logger.info('added', { total, attempt: event.attempt })
  return { total }
}
