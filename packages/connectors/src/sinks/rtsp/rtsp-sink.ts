import type { CreateSink, PeltonError, SinkSettings } from '@pelton/core'
import { type RtspListener, type StreamSource, rtspListeners } from '@pelton/protocols/rtsp'
import { writeSdp } from '@pelton/protocols/sdp'
import { errors } from '../../errors.ts'
import { type RtspAttributes, codecOf } from './config.ts'
import { listenAddress } from './listen-address.ts'
import type { LineParts } from './line-parts.ts'
import { type MediaLine, type SendPackets, bufferOf, whyNothing } from './media-line.ts'
import { type StreamCounts, createStreamCounts, streamSeries } from './stream-counts.ts'

/** A stream that is served. */
interface Session {
  line: MediaLine
  listener: RtspListener
  send: SendPackets
}

/** Serves the answers as a stream of pictures or sound by RTSP 1.0 (RFC 2326), to readers by TCP and by UDP. */
export const createRtspSink: CreateSink<RtspAttributes> = (settings) => {
  const { name, clock } = settings
  // They go on when the sink is opened again.
  const counts = createStreamCounts()
  let session: Session | undefined
  settings.series(() => streamSeries(counts, session?.listener.stream.readers ?? 0))
  return {
    isLive: true,
    async open() {
      session = await serveStream(settings, counts)
    },
    async write({ response }) {
      if (!session) throw errors.sink_not_open({ sink: name })
      const { line, send } = session
      try {
        const reason = whyNothing(response, settings.attributes.type)
        if (reason !== undefined) throw refusal(settings, reason)
        await line.write(bufferOf(response.body), send)
      } catch (error) {
        counts.refused += 1
        throw error
      }
    },
    async close(deadlineMs) {
      const open = session
      session = undefined
      if (!open) return
      const { line, listener } = open
      const abort = new AbortController()
      const timer = clock.after(deadlineMs, () => abort.abort())
      await line.close(abort.signal)
      timer.cancel()
      await listener.close()
    },
  }
}

function refusal({ name, attributes }: SinkSettings<RtspAttributes>, reason: string): PeltonError {
  const facts = { sink: name, reason }
  if (attributes.type === 'audio') return errors.answer_no_sound(facts)
  return codecOf(attributes) === 'h264' ? errors.answer_no_access_unit(facts) : errors.answer_no_picture(facts)
}

async function serveStream(settings: SinkSettings<RtspAttributes>, counts: StreamCounts): Promise<Session> {
  const { logger, reachable } = settings
  const line = await createLine(settings, counts)
  const listener = await listen(settings, { ...line.source, counts: counts.readers })
  if (listener.movedFrom !== undefined) logger.warn('port_moved', { from: listener.movedFrom, to: listener.port })
  reachable(listener.url)
  const send: SendPackets = (packets, isKey) => {
    counts.frames += 1
    listener.stream.send(packets, { isKey })
  }
  return { line, listener, send }
}

async function createLine(settings: SinkSettings<RtspAttributes>, counts: StreamCounts): Promise<MediaLine> {
  const { name, attributes, folder, clock } = settings
  const { host, path, username, password = '' } = attributes
  const sessionId = String(clock.wall())
  const parts: LineParts = {
    name,
    attributes,
    folder,
    clock,
    counts,
    credentials: username === undefined ? undefined : { username, password },
    describe: (medium) =>
      writeSdp({ title: path, address: host === '' ? '127.0.0.1' : host, sessionId, media: [medium] }),
  }
  if (attributes.type === 'audio') return new (await import('./audio-line.ts')).AudioLine(parts)
  if (codecOf(attributes) === 'h264') return (await import('./h264-line.ts')).createH264Line(parts)
  return (await import('./picture-line.ts')).createPictureLine(parts)
}

function listen(
  { name, trigger, attributes, clock, shared }: SinkSettings<RtspAttributes>,
  source: StreamSource,
): Promise<RtspListener> {
  const { host, port, path, configured } = listenAddress(attributes)
  return shared(rtspListeners).listen({
    host,
    port,
    path,
    owner: `sink ${name} of trigger ${trigger}`,
    portMayMove: !configured,
    source,
    rtpPort: attributes.rtp_port,
    rtcpPort: attributes.rtcp_port,
    maxReaders: attributes.max_readers,
    clock,
  })
}
