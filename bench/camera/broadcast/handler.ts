import type { Context, Event } from '@pelton/sdk'

/** Gives each picture back. */
export function handler(_context: Context, event: Event): Uint8Array {
  return event.body
}
