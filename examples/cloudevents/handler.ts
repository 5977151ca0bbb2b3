import type { Context, Event } from '@pelton/sdk'

/** Tells what arrived. Structured and binary CloudEvents look the same here: the envelope is in the event, the data is its body. */
export function handler(context: Context, event: Event) {
  if (event.version === '') return { status: 400, body: { error: 'this is no CloudEvent' } }
  context.logger.info('cloudevent', { type: event.type, source: event.source })
  const { id, type, source, subject, version, contentType, extensions } = event
  const data = contentType.startsWith('application/json') ? event.json() : event.text()
  return { status: 200, body: { id, type, source, subject, version, extensions, data } }
}
