import type { EventData, LogRecord, PeltonError } from '@pelton/core'

/** The record of an event that failed on the wire, where no handler can log it. */
export function failureRecord(error: PeltonError, { id, trigger }: Pick<EventData, 'id' | 'trigger'>): LogRecord {
  return {
    time: Date.now(),
    level: 'error',
    message: error.code,
    facts: { reason: error.message, hint: error.help },
    eventId: id,
    trigger: trigger.name,
  }
}
