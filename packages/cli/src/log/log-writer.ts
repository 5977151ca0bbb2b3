import { type LogLevel, type LogRecord, type WriteLog, isLogged } from '@pelton/core'
import type { Paint } from '../screen/paint.ts'
import type { BoundedOutput } from './bounded-output.ts'
import { formatJsonRecord } from './format-json-record.ts'
import { createPrettyFormat } from './format-pretty-record.ts'
import type { FormatRecord } from './log-line.ts'

/** How log records look. */
export type LogFormat = 'json' | 'pretty'

/** Where a process's records go. */
export interface LogWriter {
  /** Never blocks, never throws; records below the level are left out. */
  write: WriteLog
}

/** How records are written. */
export interface LogWriterOptions {
  /** Shared with whoever else writes there, so that lines stay whole. */
  output: Pick<BoundedOutput, 'write' | 'describeLoss'>
  format: LogFormat
  level: LogLevel
  paint: Paint
}

/**
 * Makes the log of a process. It is written here and not taken from a logging package because it is on the path of every event that logs and of every start:
 * formatting two shapes needs no plug-ins, no thread and none of their loading time.
 */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const format: FormatRecord = options.format === 'json' ? formatJsonRecord : createPrettyFormat(options.paint)
  options.output.describeLoss = (count) => format(lossRecord(count))
  return {
    write(record) {
      if (isLogged(record.level, options.level)) options.output.write(safely(format, record))
    },
  }
}

function safely(format: FormatRecord, record: LogRecord): string {
  try {
    return format(record)
  } catch (error) {
    // A fact's getter threw. The record is worth more than its facts.
    const { facts: _, ...rest } = record
    return format({ ...rest, facts: { facts_unreadable: String(error) } })
  }
}

function lossRecord(count: number): LogRecord {
  return { time: Date.now(), level: 'warn', message: 'log_lines_dropped', facts: { count } }
}
