import type { Context, Event } from '@pelton/sdk'

/** Answers with the body it got. */
export function handler(_context: Context, event: Event): Uint8Array {
  return event.body
}
