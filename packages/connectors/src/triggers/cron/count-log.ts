import type { Clock, PeltonLogger, Timer } from '@pelton/core'

/** Logs how often something happened: at once, and then at most once a minute. */
export interface CountLog {
  /** It happened `count` times more; `facts` are those of the last time. */
  add(count: number, facts: Record<string, unknown>): void
  /** Logs what is not logged yet. */
  close(): void
}

const everyMs = 60_000

/** A log of one message, whose facts are `count` since the last line and `total`. */
export function createCountLog({ logger, clock }: { logger: PeltonLogger; clock: Clock }, message: string): CountLog {
  let count = 0
  let total = 0
  let facts: Record<string, unknown> = {}
  let quiet: Timer | undefined
  const write = (): void => {
    quiet?.cancel()
    quiet = undefined
    if (count === 0) return
    logger.warn(message, { ...facts, count, total })
    count = 0
    quiet = clock.after(everyMs, write)
  }
  return {
    add(more, latest) {
      count += more
      total += more
      facts = latest
      if (!quiet) write()
    },
    close() {
      write()
      quiet?.cancel()
    },
  }
}
