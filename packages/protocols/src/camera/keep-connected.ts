import type { PeltonError, TriggerContext } from '@pelton/core'
import { LossLog } from './loss-log.ts'
import { ReconnectPace } from './reconnect-pace.ts'
import { type SourceCounts, countReason } from './source-counts.ts'
import { StartWait } from './start-wait.ts'

/** Why a source gives nothing any more. */
export interface SourceLoss {
  /** One of few words: it becomes a label. */
  reason: string
  /** For people. */
  detail: string
  /** What ends the start, where it is met before anything was reported: a user is to mend it first. */
  startError?: PeltonError
}

/** What an attempt tells of its source. */
export interface SourceLink {
  /** It has answered, and what is needed to read it is being opened: the start waits somewhat longer for that. */
  opening(): void
  /** It is there. */
  connected(): void
  /** It gives what it is there for: the next wait is short again. */
  good(): void
}

/** A source that is to be kept. */
export interface KeptSource {
  context: Pick<TriggerContext, 'clock' | 'logger' | 'ready' | 'stop'>
  /** For the log: without credentials. */
  url: string
  counts: SourceCounts
  /** Connects and reads; resolves when the source is lost, or soon after `stop`. */
  attempt(link: SourceLink): Promise<SourceLoss>
  /** 0 to 1, for the pace. */
  random?: () => number
}

/**
 * Tries a source again and again until `stop`. It is ready while it is connected; a loss is told once, until it is back.
 * Rejects with the `startError` of a loss before which nothing was reported.
 */
export async function keepConnected({ context, url, counts, attempt, random }: KeptSource): Promise<void> {
  const { clock, logger, ready, stop } = context
  const pace = new ReconnectPace(random)
  const log = new LossLog(context)
  const start = new StartWait(clock, () => ready(false, `${url}: connecting`))
  let isConnected = false
  let attempts = 0
  const link: SourceLink = {
    opening: () => start.extend(),
    connected() {
      if (isConnected) return
      start.end()
      isConnected = true
      counts.connects += 1
      logger.info('source_connected', { url, attempts })
      ready(true)
    },
    good() {
      pace.reset()
      log.forget()
    },
  }
  while (!stop.aborted) {
    attempts += 1
    const { reason, detail, startError } = await attempt(link).finally(() => start.cancel())
    if (stop.aborted) return
    if (startError && !start.isOver) throw startError
    start.end()
    countReason(counts.losses, reason)
    const waitMs = pace.next()
    const message = isConnected ? 'source_lost' : 'source_unreachable'
    log.add(message, { url, reason, detail, in_ms: Math.round(waitMs) })
    if (isConnected) attempts = 0
    isConnected = false
    ready(false, `${url}: ${detail}`)
    await clock.sleep(waitMs, stop)
  }
}
