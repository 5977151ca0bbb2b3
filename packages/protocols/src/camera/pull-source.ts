import { type TriggerContext, untilAborted } from '@pelton/core'
import type { EndLog } from './end-log.ts'
import { type KeptSource, keepConnected } from './keep-connected.ts'

/** A source whose frames are handed out. */
export interface PulledSource extends KeptSource {
  context: KeptSource['context'] & Pick<TriggerContext, 'abort'>
  /** What hands them out: `idle` resolves when nothing is out any more. */
  handout: { stop(): void; idle(): Promise<void> }
  /** Closed with it. */
  ends: EndLog
}

/** Keeps a source until `stop`; what is handed out by then has until `abort`. Rejects as `keepConnected` does. */
export async function pullSource({ handout, ends, ...source }: PulledSource): Promise<void> {
  const { abort, ready } = source.context
  try {
    await keepConnected(source)
  } finally {
    handout.stop()
    await Promise.race([handout.idle(), untilAborted(abort)])
    ends.close()
  }
  ready(false, 'stopping')
}
