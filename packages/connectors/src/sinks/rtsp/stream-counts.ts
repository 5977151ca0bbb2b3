import type { Series } from '@pelton/core'
import { type ReaderCounts, createReaderCounts } from '@pelton/protocols/rtsp'

/** What became of the answers and readers of one stream. */
export interface StreamCounts {
  /** Frames of the stream: pictures, or packets of sound. */
  frames: number
  /** Answers that could not be sent. */
  refused: number
  /** Pictures that had to be made anew. */
  transcoded: number
  readers: ReaderCounts
}

/** Counts from zero. */
export function createStreamCounts(): StreamCounts {
  return { frames: 0, refused: 0, transcoded: 0, readers: createReaderCounts() }
}

/** The counts as families of `/metrics`. */
export function streamSeries({ readers, ...counts }: Readonly<StreamCounts>, viewers: number): Series[] {
  const one = (value: number, labels: Record<string, string> = {}): Series['samples'][number] => ({ labels, value })
  return [
    { name: 'pelton_sink_viewers', type: 'gauge', help: 'Viewers of a sink that listens', samples: [one(viewers)] },
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
      samples: [one(readers.dropped, { reason: 'slow_viewer' }), one(counts.refused, { reason: 'not_sendable' })],
    },
    {
      name: 'pelton_sink_viewers_refused_total',
      type: 'counter',
      help: 'Viewers turned away or cut off, by reason',
      samples: [one(readers.tooMany, { reason: 'too_many' }), one(readers.stalled, { reason: 'stalled' })],
    },
  ]
}
