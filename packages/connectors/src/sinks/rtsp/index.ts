import { defineSink } from '@pelton/core'
import { checkRtsp } from './check-rtsp.ts'
import { attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

export default defineSink({
  kind: 'rtsp',
  summary: 'The answers are pictures or sound of a stream that players read by RTSP',
  stability: 'beta',
  attributes,
  check: checkRtsp,
  listens: (given) => [listenAddress(given)],
  load: async () => (await import('./rtsp-sink.ts')).createRtspSink,
})
