import type { Series } from '@pelton/core'

/** What became of the answers and readers of one stream. */
export interface StreamCounts {
  /** Frames of the stream: pictures, or packets of sound. */
  frames: number
  /** Of them, those that did not reach a reader of streams that are over, counted for each. */
  missed: number
  /** Answers that could not be sent. */
  refused: number
  /** Pictures that had to be made anew. */
  transcoded: number
}

/** Counts from zero. */
export function createStreamCounts(): StreamCounts {
  return { frames: 0, missed: 0, refused: 0, transcoded: 0 }
}

/** The counts as families of `/metrics`. */
export function streamSeries(counts: Readonly<StreamCounts>, readers: number, missedNow: number): Series[] {
  const one = (value: number, labels: Record<string, string> = {}): Series['samples'][number] => ({ labels, value })
  return [
    { name: 'pelton_sink_viewers', type: 'gauge', help: 'Viewers of a sink that listens', samples: [one(readers)] },
    {
      name: 'pelton_sink_frames_total',
      type: 'counter',
      help: 'Frames of a stream, whoever reads it: pictures, or packets of sound',
      samples: [one(counts.frames)],
    },
    {
      name: 'pelton_sink_frames_transcoded_total',
      type: 'counter',
      help: 'Pictures that had to be made anew, since the protocol cannot carry them as they are',
      samples: [one(counts.transcoded)],
    },
    {
      name: 'pelton_sink_frames_dropped_total',
      type: 'counter',
      help: 'Frames that a viewer did not get, or nobody, by reason',
      samples: [
        one(counts.missed + missedNow, { reason: 'slow_viewer' }),
        one(counts.refused, { reason: 'not_sendable' }),
      ],
    },
  ]
}
