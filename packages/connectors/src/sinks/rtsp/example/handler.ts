import type { Context, Event } from '@pelton/sdk'

/** Whoever sent the picture gets it back; all readers of the stream see it. */
export function handler(_context: Context, event: Event) {
  return { contentType: 'image/jpeg', body: event.body }
}
