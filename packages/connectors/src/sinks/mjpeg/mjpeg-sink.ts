import path from 'node:path'
import { type CreateSink, type SinkSettings } from '@pelton/core'
import { type HttpListener, httpListeners } from '@pelton/protocols/http'
import { errors } from '../../errors.ts'
import { answerMethod, answerViewer } from './answer-viewer.ts'
import type { MjpegAttributes } from './config.ts'
import { whyNoPicture } from './frame.ts'
import { FrameStream } from './frame-stream.ts'
import { listenAddress } from './listen-address.ts'
import { createStreamCounts, streamSeries } from './stream-counts.ts'
import { streamsByPort } from './streams-by-port.ts'

/** A stream that is served. */
interface Session {
  stream: FrameStream
  listener: HttpListener
  leavePage: () => void
}

/** A stop waits so long for viewers that are slow to take their last frame: a picture of what is live grows old. */
const goodbyeMs = 1_000

/** Serves the answers that are JPEGs as a stream; see RFC 2046 §5.1 for its parts. */
export const createMjpegSink: CreateSink<MjpegAttributes> = (settings) => {
  const { name, clock } = settings
  // They go on when the sink is opened again.
  const counts = createStreamCounts()
  let session: Session | undefined
  settings.series(() => streamSeries(counts, session?.stream.viewers ?? 0))
  return {
    async open() {
      session = await serveStream(settings, counts)
    },
    async write({ response }) {
      if (!session) throw errors.sink_not_open({ sink: name })
      const reason = whyNoPicture(response)
      if (reason === undefined) return session.stream.write(response.body)
      counts.refused += 1
      throw errors.answer_no_picture({ sink: name, reason })
    },
    async close(deadlineMs) {
      const open = session
      session = undefined
      if (!open) return
      const { stream, listener, leavePage } = open
      const abort = new AbortController()
      const patience = clock.after(Math.min(goodbyeMs, deadlineMs), () => stream.cut())
      const timer = clock.after(deadlineMs, () => abort.abort())
      leavePage()
      stream.end()
      await listener.close(abort.signal)
      patience.cancel()
      timer.cancel()
    },
  }
}

async function serveStream(settings: SinkSettings<MjpegAttributes>, counts: FrameStream['counts']): Promise<Session> {
  const { attributes, clock, logger, shared, reachable } = settings
  const { boundary, max_viewers: maxViewers } = attributes
  const stream = new FrameStream({ path: attributes.path, boundary, maxViewers, clock, logger, counts })
  const streams = shared(streamsByPort)
  let address = ''
  const listener = await listen(settings, stream, () => streams.at(address))
  address = `${listener.host} ${listener.port}`
  const leavePage = streams.add(address, stream)
  if (listener.movedFrom !== undefined) logger.warn('port_moved', { from: listener.movedFrom, to: listener.port })
  reachable(`${listener.url}${attributes.path}`)
  return { stream, listener, leavePage }
}

function listen(
  { name, trigger, attributes, folder, logger, shared }: SinkSettings<MjpegAttributes>,
  stream: FrameStream,
  streams: () => FrameStream[],
): Promise<HttpListener> {
  const { host, port, path: at, configured } = listenAddress(attributes)
  const { tls } = attributes
  return shared(httpListeners).listen({
    host,
    port,
    path: at,
    owner: `sink ${name} of trigger ${trigger}`,
    alsoAt: '/',
    portMayMove: !configured,
    tls: tls && { cert: path.resolve(folder, tls.cert), key: path.resolve(folder, tls.key) },
    maxBodyBytes: 0,
    precheck: answerMethod,
    onRequest: (request) =>
      request.path === at
        ? answerViewer(stream, request)
        : import('./answer-page.ts').then(({ answerPage }) => answerPage(request, streams())),
    onFault: (error) => logger.error('mjpeg_fault', { error: String(error) }),
  })
}
