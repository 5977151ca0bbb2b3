/** Why an answer does not reach a sink. */
export const dropReasons = [
  /** No more could wait. */
  'queue_full',
  /** Larger than all that may wait. */
  'too_large',
  /** Its stream broke off, or its reader left. */
  'broken_stream',
  /** Nobody read its stream. */
  'unread',
  /** Later ones had gone when it came. */
  'late',
  /** The processor stopped before it was delivered. */
  'stopping',
] as const

/** One of them. */
export type DropReason = (typeof dropReasons)[number]

/** What became of the answers for one sink. */
export interface SinkCounts {
  written: number
  /** Attempts more than one for an answer. */
  retried: number
  /** Given up by the sink. */
  failed: number
  dropped: Record<DropReason, number>
}

/** Counts from zero. */
export function createSinkCounts(): SinkCounts {
  const dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>
  return { written: 0, retried: 0, failed: 0, dropped }
}

/** What is known of a sink while it runs. */
export interface SinkReport {
  name: string
  kind: string
  /** Answers can be delivered. */
  open: boolean
  /** Why it is not open. */
  why?: string
  /** Where it can be reached, if it listens. */
  url?: string
  /** Answers that wait for it, or that it has not taken yet. */
  queued: number
  counts: Readonly<SinkCounts>
}
