import type { Context, Event } from '@pelton/sdk'

/** Logs what is to be done, and for when it was planned. */
export function handler(context: Context, event: Event): void {
  context.logger.info('run', { body: event.text(), planned: event.timestamp.toISOString() })
}
