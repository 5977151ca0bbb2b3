import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WebSocketContext, WebSocketEvent } from '@pelton/sdk'

const page = readFileSync(join(import.meta.dirname, 'page.html'))

/** Serves the page, and what its connections say. */
export function handler(context: WebSocketContext, event: WebSocketEvent) {
  if (event.trigger.kind === 'http') return { contentType: 'text/html; charset=utf-8', body: page }
  return talk(context, event)
}

/** Tells a room what its members say, and who comes and goes: `/ws?room=red&name=Ada`. */
async function talk({ websocket }: WebSocketContext, event: WebSocketEvent) {
  const room = String(event.field('room') ?? 'lobby')
  const name = String(event.field('name') ?? '')
  if (event.type === 'connect') {
    if (name === '') return { status: 403 }
    await websocket.join(event.connection.id, room)
  }
  const text = event.type === '' ? event.text() : event.type === 'connect' ? 'is here' : 'has left'
  await websocket.to(room, { name, text })
  return undefined
}
