import type { Context, Event } from '@pelton/sdk'

/** Says what arrives. */
export function handler(context: Context, event: Event): void {
  context.logger.info('received', { body: event.text() })
}
