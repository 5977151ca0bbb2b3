import { describeTrigger } from '@pelton/testkit'
import { WebSocket } from 'ws'
import manifest from './index.ts'

const given = { manifest, attributes: { websocket_addr: '127.0.0.1:0' } }

/** Sends one message and stays until it is closed. */
function say(url: string): void {
  const client = new WebSocket(url)
  client.on('open', () => client.send('hello'))
  // The trigger may be cut off; the suite looks at events.
  client.on('error', () => undefined)
}

describeTrigger('websocket', { ...given, emit: (context) => say(context.urls.at(-1) as string) })

describeTrigger('websocket in windows', {
  ...given,
  attributes: {
    ...given.attributes,
    mode: 'stream',
    chunk_bytes: 5,
    max_bytes: 20,
    trim_bytes: 5,
    processing_interval: 5,
  },
  emit: (context) => say(context.urls.at(-1) as string),
})
