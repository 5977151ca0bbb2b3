import { type LogLevel, type LogRecord, logLevels, type WorkerFault } from '@pelton/core'
import { FrameBreach } from './frame.ts'

function readObject(meta: string): Record<string, unknown> {
  const value: unknown = JSON.parse(meta)
  if (typeof value !== 'object' || value === null) throw new FrameBreach('a meta that is no object')
  return value as Record<string, unknown>
}

/** Reads a log record; what is missing or of the wrong type is replaced. Throws when the meta is no JSON object. */
export function readRecord(meta: string): LogRecord {
  const { time, level, message, facts, eventId, trigger, worker } = readObject(meta)
  return {
    time: typeof time === 'number' ? time : Date.now(),
    level: logLevels.includes(level as LogLevel) ? (level as LogLevel) : 'info',
    message: String(message),
    ...(typeof facts === 'object' && facts !== null ? { facts: facts as Record<string, unknown> } : {}),
    ...(typeof eventId === 'string' ? { eventId } : {}),
    ...(typeof trigger === 'string' ? { trigger } : {}),
    ...(typeof worker === 'number' ? { worker } : {}),
  }
}

/** Reads the report of a fault that nobody caught. Throws when the meta is no JSON object. */
export function readFault(meta: string): WorkerFault {
  const { eventId, message, stack } = readObject(meta)
  return {
    message: String(message),
    ...(typeof eventId === 'string' ? { eventId } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  }
}
