import type { SourceObserver } from './observer.ts'
import type { ReadRules } from './read-rules.ts'
import { lossError, rtspError } from './source-error.ts'

/**
 * Reads a source until `signal` aborts. Rejects when it is not reached, refuses, or is lost, with an error of the table.
 * The client of the other protocol is not loaded.
 */
export async function readSource(rules: ReadRules, observer: SourceObserver, signal: AbortSignal): Promise<void> {
  const { protocol, shown } = rules.target
  let hasPlayed = false
  const noting: SourceObserver = {
    onSource: (source) => observer.onSource(source),
    onBytes: (bytes) => observer.onBytes(bytes),
    onUnit(unit) {
      hasPlayed = true
      observer.onUnit(unit)
    },
    onDropped: (units) => observer.onDropped(units),
  }
  if (protocol === 'http') {
    const { readHttp } = await import('./read-http.ts')
    const loss = await readHttp(rules, noting, signal)
    if (loss) throw lossError(loss, shown, hasPlayed)
    return
  }
  const { readRtsp } = await import('./read-rtsp.ts')
  try {
    await readRtsp(rules, noting, signal)
  } catch (error) {
    throw rtspError(error, shown, hasPlayed)
  }
}
