import type { MediumFacts, PictureFacts, Reception, SourceFacts } from './observer.ts'
import { rounded } from './quantities.ts'
import type { Interval, Total } from './tally.ts'

/** One line of `--json`; `type` says what it is. */
export type WatchRecord = Record<string, unknown> & { type: 'source' | 'picture' | 'interval' | 'saved' | 'summary' }

/** How a watch ended. */
export type WatchEnd = 'stopped' | 'time' | 'saved' | 'lost'

/** What the source is. */
export function sourceRecord(shown: string, { server, transport, media }: SourceFacts): WatchRecord {
  return { type: 'source', url: shown, server, transport, media: media.map(mediumRecord) }
}

function mediumRecord({ type, codec, isWatched, clockRate, channels, picture, framerate }: MediumFacts): object {
  return { type, codec, watched: isWatched, clock_rate: clockRate, channels, framerate, ...pictureFields(picture) }
}

/** What is known of the pictures now, `afterMs` from the start of the command. */
export function pictureRecord(picture: PictureFacts, afterMs: number): WatchRecord {
  return { type: 'picture', ...pictureFields(picture), after_ms: rounded(afterMs, 1) }
}

function pictureFields({ size, profile, level }: PictureFacts): object {
  return { width: size?.width, height: size?.height, profile, level }
}

/** What came in an interval; packets are counted since the connection began. */
export function intervalRecord(interval: Interval, reception: Reception | undefined, isSound: boolean): WatchRecord {
  const { elapsedMs, units, unitsPerSecond, bitsPerSecond, unitBytes, keyInterval, ageMs } = interval
  const unit = isSound ? 'packet' : 'frame'
  return {
    type: 'interval',
    seconds: rounded(elapsedMs / 1_000, 3),
    [`${unit}s`]: units,
    [`${unit}s_per_second`]: rounded(unitsPerSecond, 2),
    bits_per_second: Math.round(bitsPerSecond),
    [`${unit}_bytes`]: unitBytes === undefined ? undefined : Math.round(unitBytes),
    key_interval_ms: keyInterval && rounded(keyInterval.ms, 1),
    key_interval_frames: keyInterval?.units,
    [`${unit}_age_ms`]: ageMs === undefined ? undefined : rounded(ageMs, 1),
    ...receptionFields(reception),
  }
}

/** What came in all. */
export function totalRecord(total: Total, isSound: boolean, end: WatchEnd): WatchRecord {
  const unit = isSound ? 'packet' : 'frame'
  const { keyMs, keyUnits, unitBytes, firstMs } = total
  return {
    type: 'summary',
    end,
    seconds: rounded(total.elapsedMs / 1_000, 3),
    [`first_${unit}_ms`]: firstMs === undefined ? undefined : rounded(firstMs, 1),
    [`${unit}s`]: total.units,
    [`${unit}s_per_second`]: rounded(total.unitsPerSecond, 2),
    bytes: total.bytes,
    bits_per_second: Math.round(total.bitsPerSecond),
    [`${unit}_bytes`]: Math.round(unitBytes.mean),
    [`${unit}_bytes_least`]: unitBytes.least,
    [`${unit}_bytes_most`]: unitBytes.most,
    ...(isSound ? {} : { frames_dropped: total.dropped }),
    ...(keyMs.count === 0
      ? {}
      : {
          key_frames: total.keys,
          key_interval_ms: rounded(keyMs.mean, 1),
          key_interval_ms_least: rounded(keyMs.least, 1),
          key_interval_ms_most: rounded(keyMs.most, 1),
          key_interval_frames: rounded(keyUnits.mean, 2),
        }),
    ...receptionFields(total.reception),
    jitter_ms_most: total.reception && rounded(total.mostJitterMs, 3),
  }
}

function receptionFields(reception: Reception | undefined): object {
  if (!reception) return {}
  const { received, lost, jitterMs } = reception
  return {
    packets_received: received,
    packets_expected: received + lost,
    packets_lost: lost,
    jitter_ms: rounded(jitterMs, 3),
  }
}
