import type { WebSocketContext, WebSocketEvent } from '@pelton/sdk'

/** Sends a message back to who sent it, and tells everybody how long it was. */
export async function handler(context: WebSocketContext, event: WebSocketEvent) {
  await context.websocket.broadcast({ from: event.connection.id, bytes: event.body.length })
  return event.contentType.startsWith('text/') ? event.text() : event.body
}
