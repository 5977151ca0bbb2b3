import type { Context, Event } from '@pelton/sdk'

/** Does at the start what the event says. */
export function handler(context: Context, event: Event): void {
  context.logger.info('loading', event.json<Record<string, unknown>>())
}
