import { JpegFault, type JpegFacts, readJpeg, rtpFitness } from '@pelton/protocols/jpeg'
import { whyNoJpeg } from '@pelton/protocols/mjpeg'
import { type FitJpeg, RtpSender, packetiseJpeg } from '@pelton/protocols/rtp'
import { errors } from '../../errors.ts'
import type { LineParts } from './line-parts.ts'
import { MediaClock } from './media-clock.ts'
import type { MediaLine, SendPackets } from './media-line.ts'
import type { Transcoder } from './transcoder.ts'

/** Of RFC 3551 §6. */
const payloadType = 26
/** Pixels of a picture that is decoded: three bytes each are needed for it. */
const mostPixels = 40_000_000

/** Pictures as RTP/JPEG (RFC 2435). What is no such JPEG by its coding, tables or size is transcoded in a thread. */
export function createPictureLine({ name, clock, folder, describe, credentials, counts }: LineParts): MediaLine {
  const sender = new RtpSender({ payloadType, clockRate: 90_000 })
  const time = new MediaClock(clock)
  const sdp = describe({
    type: 'video',
    payloadType,
    encoding: 'JPEG',
    clockRate: sender.clockRate,
    control: 'trackID=0',
  })
  let transcoder: Transcoder | undefined
  let isClosed = false

  const send = (jpeg: FitJpeg, sendPackets: SendPackets): void => {
    sendPackets(packetiseJpeg(sender, jpeg, sender.timestampOf(time.nextTicks())), true)
  }
  const transcode = async (body: Buffer, reason: string, sendPackets: SendPackets): Promise<void> => {
    if (!transcoder) {
      const { createTranscoder } = await import('./transcoder.ts')
      // A thread that began now would be nobody's.
      if (isClosed) throw errors.sink_not_open({ sink: name })
      transcoder ??= createTranscoder({ sink: name, folder, clock })
    }
    const bytes = await transcoder.transcode(body, reason)
    const facts = readPicture(bytes, name)
    const fitness = rtpFitness(facts, 'padded')
    if ('why' in fitness) throw errors.picture_not_transcoded({ sink: name, unfit: reason, reason: fitness.why })
    counts.transcoded += 1
    send({ bytes, facts, type: fitness.type }, sendPackets)
  }
  return {
    source: {
      sdp: () => sdp,
      report: () => time.times && sender.report(time.times.wallMs, time.times.mediaMs),
      nextSequence: () => (time.times ? sender.nextSequence : undefined),
      credentials,
    },
    write(body, sendPackets) {
      const facts = readPicture(body, name)
      const fitness = rtpFitness(facts, 'padded')
      if ('why' in fitness) {
        if (facts.width * facts.height > mostPixels)
          throw errors.answer_no_picture({ sink: name, reason: tooLarge(facts) })
        return transcode(body, fitness.why, sendPackets)
      }
      send({ bytes: body, facts, type: fitness.type }, sendPackets)
      return undefined
    },
    async close(signal) {
      isClosed = true
      await transcoder?.close(signal)
    },
  }
}

function tooLarge({ width, height }: JpegFacts): string {
  return `${width} x ${height} pixels are more than ${mostPixels / 1_000_000} million`
}

function readPicture(bytes: Buffer, sink: string): JpegFacts {
  const reason = whyNoJpeg(bytes)
  if (reason !== undefined) throw errors.answer_no_picture({ sink, reason })
  try {
    return readJpeg(bytes)
  } catch (error) {
    if (!(error instanceof JpegFault)) throw error
    throw errors.answer_no_picture({ sink, reason: error.message }, error)
  }
}
