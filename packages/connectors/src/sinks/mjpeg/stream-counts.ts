import type { Series } from '@pelton/core'

/** What became of the frames and viewers of one stream. */
export interface StreamCounts {
  /** Frames taken from the handler. */
  frames: number
  /** To viewers, in all. */
  sent: number
  /** Lost to a viewer that was too slow for them. */
  missed: number
  /** Answers that are no pictures. */
  refused: number
  /** Viewers cut off since they took nothing. */
  stalled: number
  /** Viewers turned away. */
  tooMany: number
}

/** Counts from zero. */
export function createStreamCounts(): StreamCounts {
  return { frames: 0, sent: 0, missed: 0, refused: 0, stalled: 0, tooMany: 0 }
}

/** The counts as families of `/metrics`. */
export function streamSeries(counts: Readonly<StreamCounts>, viewers: number): Series[] {
  const family = (
    name: string,
    help: string,
    samples: Series['samples'],
    type: Series['type'] = 'counter',
  ): Series => ({
    name,
    type,
    help,
    samples,
  })
  const one = (value: number, labels: Record<string, string> = {}): Series['samples'][number] => ({ labels, value })
  return [
    family('pelton_sink_viewers', 'Viewers of a sink that listens', [one(viewers)], 'gauge'),
    family('pelton_sink_frames_sent_total', 'Frames given to viewers, counted for each', [one(counts.sent)]),
    family('pelton_sink_frames_dropped_total', 'Frames that a viewer did not get, or nobody, by reason', [
      one(counts.missed, { reason: 'slow_viewer' }),
      one(counts.refused, { reason: 'no_picture' }),
    ]),
    family('pelton_sink_viewers_refused_total', 'Viewers turned away or cut off, by reason', [
      one(counts.tooMany, { reason: 'too_many' }),
      one(counts.stalled, { reason: 'stalled' }),
    ]),
  ]
}
