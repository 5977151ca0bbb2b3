import type { Context, Event } from '@pelton/sdk'
import { startTestCamera } from './test-camera.ts'

/** A camera to try this with: leave it out when `url` in function.yaml is that of a real one. */
export async function initContext(): Promise<void> {
  await startTestCamera(18088)
}

/** Tells of each frame; a sink would get the picture that it returns. */
export function handler(context: Context, event: Event) {
  const ageMs = Date.now() - Number(event.field('timestamp'))
  context.logger.info('frame', {
    number: event.field('frame_num'),
    bytes: event.body.length,
    age_ms: Math.round(ageMs),
  })
  return { contentType: 'image/jpeg', body: event.body }
}
