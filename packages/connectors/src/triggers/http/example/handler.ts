import type { Context, Event } from '@pelton/sdk'

/** Tells the caller what arrived. */
export function handler(_context: Context, event: Event) {
  return { method: event.method, path: event.path, fields: event.fields, bytes: event.body.length }
}
