import { type EventData, type LogCapture, type LogLevel, type LogRecord, isLogged } from '@pelton/core'
import { boundedText, messageText, plainFacts } from '@pelton/sdk/host'

/** What a record says beside its message. */
export interface WorkerLogOptions {
  level: LogLevel
  worker: number
  /** The trigger's name; for a shared pool each event tells its own. */
  trigger: string | undefined
  write(record: LogRecord): void
  wall(): number
}

/** What a record is about: an event, or a batch. */
export interface LoggedEvent {
  /** Undefined for several events: then the record names none. */
  readonly data: Pick<EventData, 'id'> | undefined
  /** The trigger that it came from. */
  readonly triggerName: string | undefined
  /** Where its log goes besides the sinks. */
  readonly capture: LogCapture | undefined
}

/** Takes whatever a handler logs, and says of which event. It never throws. */
export interface WorkerLog {
  take(event: LoggedEvent | undefined, level: LogLevel, message: unknown, facts?: unknown): void
  /** Whether anybody wants records of this level: saves formatting those that nobody does. */
  wants(event: LoggedEvent | undefined, level: LogLevel): boolean
}

/** The log of one worker: to the sinks from its level up, and to an event's own capture. */
export function createWorkerLog(options: WorkerLogOptions): WorkerLog {
  const wants = (event: LoggedEvent | undefined, level: LogLevel): boolean =>
    isLogged(level, options.level) || (event?.capture !== undefined && isLogged(level, event.capture.level))
  return {
    wants,
    take(event, level, message, facts) {
      if (!wants(event, level)) return
      const record = recordOf(options, event, { level, message: boundedText(messageText(message)) })
      const plain = plainFacts(facts)
      if (plain !== undefined) record.facts = plain
      if (isLogged(level, options.level)) options.write(record)
      if (event?.capture !== undefined && isLogged(level, event.capture.level)) event.capture.write(record)
    },
  }
}

function recordOf(
  options: WorkerLogOptions,
  event: LoggedEvent | undefined,
  said: Pick<LogRecord, 'level' | 'message'>,
): LogRecord {
  const record: LogRecord = { time: options.wall(), ...said, worker: options.worker }
  const trigger = options.trigger ?? event?.triggerName
  if (trigger !== undefined) record.trigger = trigger
  if (event?.data !== undefined) record.eventId = event.data.id
  return record
}
