import type { Context, Event } from '@pelton/sdk'

/** Logs what is posted, but for pictures. */
export function handler(context: Context, event: Event) {
  const { picture: _picture, ...facts } = event.json<Record<string, unknown>>()
  context.logger.info('received', { path: event.path, frame: event.header('x-frame-number'), ...facts })
}
