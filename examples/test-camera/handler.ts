import type { Context, Event } from '@pelton/sdk'
import { pictureAt } from './picture.ts'
import { nextUnit } from './recording.ts'
import { soundUntil } from './sound.ts'

/** Gives what is due; the sinks of each trigger serve it. */
export function handler(_context: Context, event: Event) {
  const { name } = event.trigger
  if (name === 'recording') return { contentType: 'video/h264', body: nextUnit() }
  if (name === 'sound') return { contentType: 'audio/L16', body: soundUntil(performance.now()) }
  return { contentType: 'image/jpeg', body: pictureAt(event.timestamp) }
}
