import type { Context, Event } from '@pelton/sdk'

/** Greets whoever the body names. */
export async function handler(context: Context, event: Event) {
  const name = event.text().trim() || 'world'
  context.logger.info('greeting', { name })
  return { status: 200, headers: { 'x-greeted': encodeURIComponent(name) }, body: { hello: name } }
}
