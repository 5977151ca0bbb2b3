import {
  type AccessUnit,
  H264Depacketiser,
  H265Depacketiser,
  JpegDepacketiser,
  ReorderBuffer,
  type RtpPacket,
  emptied,
  spropUnits,
} from '@pelton/protocols/rtp'
import { type RtspStreamFacts, connectRtsp } from '@pelton/protocols/rtsp'
import type { MediaDescription, MediaFormat } from '@pelton/protocols/sdp'
import { describeMedia } from './describe-media.ts'
import type { SourceObserver, WatchedCodec } from './observer.ts'
import type { ReadRules } from './read-rules.ts'

/** By UDP a packet may come after the next ones. */
const reorderMs = 100
const codecs: Readonly<Record<string, WatchedCodec>> = { JPEG: 'jpeg', H264: 'h264', H265: 'h265' }

/** Reads a source until `signal` aborts. Rejects with what `connectRtsp` rejects with. */
export function readRtsp(rules: ReadRules, observer: SourceObserver, signal: AbortSignal): Promise<void> {
  const { target, clock, timeoutMs, isInsecure, transport, media } = rules
  let order: ReorderBuffer | undefined
  let payloadType = -1
  let ssrc: number | undefined
  return connectRtsp({
    url: target.url,
    credentials: target.credentials,
    // Two connections, one after the other, are too much for some servers.
    media: media ?? 'any',
    transport,
    timeoutMs,
    stallTimeoutMs: timeoutMs,
    tls: { rejectUnauthorized: !isInsecure },
    clock,
    signal,
    onReady(facts) {
      const { format } = facts.choice
      payloadType = format.payloadType
      observer.onSource({ ...sourceOf(facts), reception: () => facts.statistics })
      const onPacket = createTaker(format, facts.choice.media, observer)
      order = new ReorderBuffer({ onPacket, onGap: () => undefined }, facts.transport === 'udp' ? reorderMs : 0)
    },
    onPacket(packet) {
      observer.onBytes(packet.payload.length)
      const isRead = packet.payloadType === payloadType
      if (isRead) ssrc = packet.ssrc
      // What is not read takes a number of the same source all the same.
      if (packet.ssrc === ssrc) order?.push(isRead ? packet : emptied(packet), clock.now())
    },
  })
}

function sourceOf({ description, choice: { format }, server, transport }: RtspStreamFacts) {
  const codec = codecs[format.encoding] ?? 'sound'
  return { server, transport, media: describeMedia(description, format), codec }
}

/** Makes pictures of packets in their order; each packet of sound is a unit. */
function createTaker(
  format: MediaFormat,
  media: MediaDescription,
  observer: SourceObserver,
): (packet: RtpPacket) => void {
  const onUnit = ({ bytes, isKey, isAfterLoss }: AccessUnit): void =>
    observer.onUnit({ bytes, isKey, isAfterLoss, size: undefined })
  const { encoding, parameters } = format
  const parameterSets = spropUnits(parameters)
  if (encoding === 'H264') return withDrops(new H264Depacketiser(onUnit, { parameterSets }), observer)
  if (encoding === 'H265') {
    const hasOrderNumbers = Number(parameters.get('sprop-max-don-diff') ?? 0) > 0
    return withDrops(new H265Depacketiser(onUnit, { parameterSets, hasOrderNumbers }), observer)
  }
  if (encoding === 'JPEG') {
    const depacketiser = new JpegDepacketiser(
      ({ bytes, width, height }) =>
        observer.onUnit({ bytes, isKey: true, isAfterLoss: false, size: { width, height } }),
      { dimensions: media.dimensions },
    )
    return withDrops(depacketiser, observer)
  }
  return ({ payload }) => {
    if (payload.length > 0) observer.onUnit({ bytes: payload, isKey: false, isAfterLoss: false, size: undefined })
  }
}

function withDrops(
  depacketiser: { push(packet: RtpPacket): void; readonly dropped: number },
  observer: SourceObserver,
): (packet: RtpPacket) => void {
  let told = 0
  return (packet) => {
    depacketiser.push(packet)
    const { dropped } = depacketiser
    if (dropped > told) observer.onDropped(dropped - told)
    told = dropped
  }
}
