import {
  type CreateTrigger,
  PeltonError,
  type Series,
  type TriggerContext,
  type TriggerSettings,
  isPeltonError,
} from '@pelton/core'
import { EndLog, createSourceCounts, pullSource, readClientTls, sourceSeries } from '@pelton/protocols/camera'
import { videoDecoders } from '@pelton/protocols/video'
import { Audio } from './audio.ts'
import type { RtspAttributes } from './config.ts'
import type { Medium, MediumParts, OpenDecoder, StreamCounts } from './medium.ts'
import { readRtspSource } from './rtsp-source.ts'
import { sourceTarget } from './source-target.ts'
import { Video } from './video.ts'

/** A trigger that pulls one medium of a source, for as long as it runs. */
export const createRtspTrigger: CreateTrigger<RtspAttributes> = (settings) => ({
  run: (context) => runRtspTrigger(settings, context),
})

/** What tests put in the place of what the trigger takes from the machine. */
export interface RtspTriggerParts {
  /** 0 to 1, for the waits between two attempts. */
  random?: () => number
  openDecoder?: OpenDecoder
}

/** Runs the trigger. */
export async function runRtspTrigger(
  settings: TriggerSettings<RtspAttributes>,
  context: TriggerContext,
  { random = Math.random, openDecoder = decoderOpener(settings, context) }: RtspTriggerParts = {},
): Promise<void> {
  const { attributes, folder } = settings
  const { stop, clock } = context
  const { media_type: media, transport, stall_timeout: stallMs } = attributes
  const { url, told, shown, credentials } = sourceTarget(attributes)
  const tls = await readClientTls(attributes.tls, folder)
  const counts: StreamCounts = { ...createSourceCounts(), packets: 0, packetsLost: 0 }
  const ends = new EndLog(context)
  const medium = createMedium({ settings, context, counts, url: told, ends, openDecoder })
  context.series(() => [...sourceSeries(counts, medium.counts), ...packetSeries(counts)])
  const connect = { url, media, transport, credentials, tls }
  const source = { connect, shown, clock, stallMs, medium, counts }
  try {
    await pullSource({
      context,
      url: shown,
      counts,
      attempt: (link) => readRtspSource(source, link, stop),
      random,
      handout: medium,
      ends,
    })
  } catch (error) {
    throw isPeltonError(error) ? located(error, `trigger ${settings.name}: ${shown}`) : error
  }
}

/** Says where it is, too: who raises it knows nothing of triggers. */
function located(error: PeltonError, place: string): PeltonError {
  return new PeltonError(error.code, `${place}: ${error.message}`, error, error)
}

function createMedium(parts: MediumParts): Medium {
  return parts.settings.attributes.media_type === 'video' ? new Video(parts) : new Audio(parts)
}

/** Decoders and their threads are loaded for the first source that needs them. */
function decoderOpener({ folder }: TriggerSettings, context: TriggerContext): OpenDecoder {
  return async (options) => (await videoDecoders(context, folder)).open(options)
}

function packetSeries({ packets, packetsLost }: StreamCounts): Series[] {
  return [
    counter('pelton_source_packets_total', 'Packets that a source sent', packets),
    counter('pelton_source_packets_lost_total', 'Packets of a source that never came', packetsLost),
  ]
}

function counter(name: string, help: string, value: number): Series {
  return { name, type: 'counter', help, samples: [{ labels: {}, value }] }
}
