import type { Context, Event } from '@pelton/sdk'

/** Says how long each picture is. */
export function handler(_context: Context, event: Event): { bytes: number } {
  return { bytes: event.body.length }
}
