import type { Series } from '@pelton/core'
import type { HandoutCounts } from './frame-handout.ts'

/** What a source that is pulled has given so far, and how often it was lost. */
export interface SourceCounts {
  received: number
  /** By reason: of few words, for they become a label. */
  dropped: Map<string, number>
  connects: number
  /** By reason, as above. */
  losses: Map<string, number>
}

/** Counts that begin at 0. */
export function createSourceCounts(): SourceCounts {
  return { received: 0, dropped: new Map(), connects: 0, losses: new Map() }
}

/** Counts one more of a reason, or so many more. */
export function countReason(counts: Map<string, number>, reason: string, more = 1): void {
  counts.set(reason, (counts.get(reason) ?? 0) + more)
}

/** What `/metrics` shows of a source that is pulled and its frames. */
export function sourceSeries(source: SourceCounts, handout: HandoutCounts): Series[] {
  return [
    counter('pelton_frames_received_total', 'Frames that a source gave', source.received),
    byReason('pelton_frames_dropped_total', 'Frames that were left out, by reason', source.dropped),
    counter('pelton_frames_superseded_total', 'Frames that gave way to newer ones', handout.superseded),
    counter('pelton_frame_age_seconds_sum', 'Age of frames when a worker was free: sum', handout.ageMsSum / 1000),
    counter('pelton_frame_age_seconds_count', 'Age of frames when a worker was free: count', handout.handedOut),
    counter('pelton_source_connects_total', 'Times that a source was connected', source.connects),
    byReason('pelton_source_losses_total', 'Times that a source was lost or not reached, by reason', source.losses),
  ]
}

function counter(name: string, help: string, value: number): Series {
  return { name, type: 'counter', help, samples: [{ labels: {}, value }] }
}

function byReason(name: string, help: string, counts: ReadonlyMap<string, number>): Series {
  return { name, type: 'counter', help, samples: [...counts].map(([reason, value]) => ({ labels: { reason }, value })) }
}
