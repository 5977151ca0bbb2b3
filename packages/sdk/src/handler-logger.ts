import type { LogLevel, Logger } from './logger.ts'

/** Takes what a handler logs, as it was given. It never throws. */
export type TakeLog = (level: LogLevel, message: unknown, facts: unknown) => void

/** The logger that a handler is given. Its members may be destructured and are nuclio's. */
export function createHandlerLogger(take: TakeLog): Logger {
  const debug = (message: unknown, facts?: unknown): void => take('debug', message, facts)
  const info = (message: unknown, facts?: unknown): void => take('info', message, facts)
  const warn = (message: unknown, facts?: unknown): void => take('warn', message, facts)
  const error = (message: unknown, facts?: unknown): void => take('error', message, facts)
  return { debug, info, warn, error, debugWith: debug, infoWith: info, warnWith: warn, errorWith: error }
}

/** A logged message as text: an error's is its stack, an object is JSON. Never throws. */
export function messageText(message: unknown): string {
  if (typeof message === 'string') return message
  try {
    // Both may be anything that somebody has assigned.
    if (message instanceof Error) return String(message.stack ?? message.message)
    if (typeof message === 'object' && message !== null) return JSON.stringify(message) ?? String(message)
    return String(message)
  } catch {
    // A cycle, or a `toString` that throws; a log call must not.
    return Object.prototype.toString.call(message)
  }
}
