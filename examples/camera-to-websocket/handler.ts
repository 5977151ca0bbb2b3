import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, WebSocketContext } from '@pelton/sdk'

const page = readFileSync(join(import.meta.dirname, 'page.html'))

/** Serves the page, and sends it each frame: a text of its facts, then the picture. */
export async function handler({ websocket }: WebSocketContext, event: Event) {
  if (event.trigger.kind === 'http') return { contentType: 'text/html; charset=utf-8', body: page }
  if (event.trigger.kind === 'mjpeg') {
    const facts = { number: event.field('frame_num'), timestamp: event.field('timestamp'), bytes: event.body.length }
    await Promise.all([websocket.broadcast(facts), websocket.broadcast(event.body)])
  }
  // What browsers send is left alone.
  return undefined
}
