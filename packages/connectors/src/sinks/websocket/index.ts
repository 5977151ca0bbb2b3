import { defineSink } from '@pelton/core'
import { checkWebSocket } from './check-websocket.ts'
import { attributes } from './config.ts'

export default defineSink({
  kind: 'websocket',
  summary: 'Each answer is a message to a WebSocket server',
  stability: 'beta',
  attributes,
  check: checkWebSocket,
  load: async () => (await import('./websocket-sink.ts')).createWebSocketSink,
})
