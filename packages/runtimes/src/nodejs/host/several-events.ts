import { type LogCapture, isLogged, logLevels } from '@pelton/core'
import type { OpenEvent } from './open-event.ts'
import type { LoggedEvent } from './worker-log.ts'

/**
 * Several events of one trigger as what a record is about: it names none of them, and goes to whoever wants the log of
 * one of them. One event is itself.
 */
export function severalEvents(events: readonly OpenEvent[]): LoggedEvent {
  let joined: { capture: LogCapture | undefined } | undefined
  return {
    data: events.length === 1 ? events[0]?.data : undefined,
    get triggerName() {
      return events[0]?.triggerName
    },
    get capture() {
      joined ??= { capture: joinCaptures(events.flatMap(({ capture }) => capture ?? [])) }
      return joined.capture
    },
  }
}

function joinCaptures(captures: readonly LogCapture[]): LogCapture | undefined {
  if (captures.length < 2) return captures[0]
  return {
    level: logLevels.find((level) => captures.some((capture) => capture.level === level)) ?? 'error',
    write(record) {
      for (const capture of captures) if (isLogged(record.level, capture.level)) capture.write(record)
    },
  }
}
