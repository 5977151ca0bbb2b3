import type { Context, Event } from '@pelton/sdk'

/** Gives pictures and sound back. */
export function handler(_context: Context, event: Event): Uint8Array {
  return event.body
}
