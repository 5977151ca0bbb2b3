import type { LogLevel } from '@pelton/sdk'

export type { LogLevel } from '@pelton/sdk'

/** One line of the log, before it is written as JSON or for people. */
export interface LogRecord {
  /** Wall-clock milliseconds since the epoch. */
  time: number
  level: LogLevel
  message: string
  facts?: Record<string, unknown>
  eventId?: string
  trigger?: string
  worker?: number
}

/** Where records go. It must not block and never throws. */
export type WriteLog = (record: LogRecord) => void

/** The log of Pelton's own parts: event names in snake_case, facts as fields. */
export interface PeltonLogger {
  debug(message: string, facts?: Record<string, unknown>): void
  info(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

/** Captures one event's handler log beside the normal sinks, from `level` up. */
export interface LogCapture {
  level: LogLevel
  write: WriteLog
}

/** Levels from chatty to serious. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Whether a record of `level` passes a threshold. */
export function isLogged(level: LogLevel, threshold: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(threshold)
}

/** A logger that stamps each record with the time and `context`. */
export function createLogger(
  write: WriteLog,
  context: Pick<LogRecord, 'trigger' | 'worker'> = {},
  wall: () => number = Date.now,
): PeltonLogger {
  const at =
    (level: LogLevel) =>
    (message: string, facts?: Record<string, unknown>): void =>
      write({ time: wall(), level, message, ...context, ...(facts ? { facts } : {}) })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
