import { type Clock, type PeltonLogger, type Timer, isPeltonError, systemClock } from '@pelton/core'

/** What a reload does. */
export interface ReloaderOptions {
  /** Reads the configuration anew and gives it to the processor; on rejection the old one serves on. */
  reload: () => Promise<void>
  logger: PeltonLogger
  /** How long after the last change it waits, so that a save of several files is one reload; default 50. */
  debounceMs?: number
  clock?: Clock
}

/** Turns changes of files into reloads, one at a time. */
export interface Reloader {
  /** Tells that something changed. */
  change(): void
  /** Starts no further reload and waits for the one that runs. */
  close(): Promise<void>
}

/** Makes a reloader. A change during a reload leads to one more afterwards. */
export function createReloader(options: ReloaderOptions): Reloader {
  const { reload, logger, debounceMs = 50, clock = systemClock } = options
  let timer: Timer | undefined
  let running: Promise<void> | undefined
  let changedAt: number | undefined
  let isClosed = false

  const runOnce = async (): Promise<void> => {
    const startedAt = changedAt ?? clock.now()
    changedAt = undefined
    try {
      await reload()
      logger.info('reloaded', { took_ms: Math.round(clock.now() - startedAt) })
    } catch (error) {
      logger.error('reload_failed', { ...describe(error), serving: 'the last good version keeps serving' })
    }
  }

  const begin = (): void => {
    timer = undefined
    if (running || isClosed) return
    running = runOnce().finally(() => {
      running = undefined
      if (changedAt !== undefined) begin()
    })
  }

  return {
    change() {
      changedAt ??= clock.now()
      timer?.cancel()
      if (!isClosed) timer = clock.after(debounceMs, begin)
    },
    async close() {
      isClosed = true
      timer?.cancel()
      await running
    },
  }
}

function describe(error: unknown): Record<string, unknown> {
  if (isPeltonError(error)) return { reason: error.message, help: error.help, code: error.code }
  return { reason: error instanceof Error ? error.stack : String(error) }
}
