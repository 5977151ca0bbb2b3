import type { Context, Event } from '@pelton/sdk'
import { startTestMicrophone } from './test-microphone.ts'

/** A microphone to try this with: leave it out when `rtsp_url` in function.yaml is that of a real one. */
export async function initContext(): Promise<void> {
  await startTestMicrophone(18554)
}

/** Tells how loud each window is. */
export function handler(context: Context, event: Event) {
  const samples = new Int16Array(Uint8Array.from(event.body).buffer)
  const sum = samples.reduce((total, sample) => total + sample * sample, 0)
  const seconds = samples.length / Number(event.field('sample_rate'))
  const loudness = Math.round(Math.sqrt(sum / samples.length))
  context.logger.info('window', { first_sample: event.field('first_sample'), seconds, loudness })
  return { loudness }
}
