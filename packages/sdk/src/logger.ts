/** A log level, from chatty to serious. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

type Log = (message: string, facts?: Record<string, unknown>) => void

/** What a handler logs with. The members may be destructured; each record carries the event's id by itself. */
export interface Logger {
  debug: Log
  info: Log
  warn: Log
  error: Log
  /** nuclio's name of `debug` with facts; the same for the three below. */
  debugWith: Log
  infoWith: Log
  warnWith: Log
  errorWith: Log
}
