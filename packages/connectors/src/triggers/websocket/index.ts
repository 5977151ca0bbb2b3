import { defineTrigger, moduleBeside } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

export default defineTrigger({
  kind: 'websocket',
  summary: 'Messages of WebSocket connections are events; responses go back as messages',
  stability: 'stable',
  class: 'async',
  attributes,
  check: checkAttributes,
  fields: {
    '<argument>': "Each argument of the handshake's query; of a repeated one the last",
    code: 'Of a disconnect event: the code of the close frame, 1005 without one, 1006 when there was no close frame',
    reason: 'Of a disconnect event: the reason in the close frame',
  },
  handlerMembers: [
    {
      on: 'event',
      name: 'connection',
      doc: 'The connection: id, address of the client, subprotocol, opened (ISO 8601)',
    },
    { on: 'event', name: 'type', doc: '`connect` or `disconnect` with connection_events; empty for messages' },
    {
      on: 'context',
      name: 'websocket',
      doc: 'send(id, data), broadcast(data), join(id, room), leave(id, room), to(room, data), close(id, code, reason)',
    },
  ],
  handlerSide: {
    member: 'websocket',
    node: moduleBeside(import.meta.url, './handler-side'),
    python: new URL('./handler_side.py', import.meta.url).href,
  },
  inWorkers: 'single',
  listens: (settings) => [listenAddress(settings)],
  load: async () => (await import('./websocket-trigger.ts')).createWebSocketTrigger,
})
