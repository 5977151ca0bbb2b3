import { defineSink } from '@pelton/core'
import { attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

export default defineSink({
  kind: 'mjpeg',
  summary: 'Each answer is a picture of a stream that browsers and players show',
  stability: 'beta',
  attributes,
  listens: (given) => [listenAddress(given)],
  load: async () => (await import('./mjpeg-sink.ts')).createMjpegSink,
})
