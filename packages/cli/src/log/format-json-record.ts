import type { LogRecord } from '@pelton/core'
import { maxTextLength, shorten, toJson } from './log-line.ts'

const ownKeys = new Set(['time', 'level', 'message'])
const placeKeys: Readonly<Record<string, 'eventId' | 'trigger' | 'worker'>> = {
  event_id: 'eventId',
  trigger: 'trigger',
  worker: 'worker',
}

/**
 * One JSON object a line: `time` (ISO 8601), `level`, `message`, `event_id`, `trigger`, `worker`, then the facts. A fact
 * named like one of the record's own keys has `_` after its name: no key stands twice, of which readers would lose one.
 */
export function formatJsonRecord(record: LogRecord): string {
  let line = `{"time":"${isoTime(record.time)}","level":"${record.level}","message":${toJson(shorten(record.message))}`
  if (record.eventId !== undefined) line += `,"event_id":${toJson(record.eventId)}`
  if (record.trigger !== undefined) line += `,"trigger":${toJson(record.trigger)}`
  if (record.worker !== undefined) line += `,"worker":${record.worker}`
  if (record.facts) line += formatFacts(record, record.facts)
  return `${line}}\n`
}

function formatFacts(record: LogRecord, facts: Record<string, unknown>): string {
  let text = ''
  for (const [key, value] of Object.entries(facts)) {
    if (value === undefined || typeof value === 'function') continue
    text += `,${toJson(isTaken(record, key) ? freeKey(key, facts) : key)}:${boundedJson(value)}`
    if (text.length > 4 * maxTextLength) return `${text},"facts_cut":true`
  }
  return text
}

/** A fact must not pass for one of the record's own keys; a record without a place of its own may name one. */
function isTaken(record: LogRecord, key: string): boolean {
  const place = Object.hasOwn(placeKeys, key) ? placeKeys[key] : undefined
  return ownKeys.has(key) || (place !== undefined && record[place] !== undefined)
}

function freeKey(key: string, facts: Record<string, unknown>): string {
  let free = `${key}_`
  while (Object.hasOwn(facts, free)) free += '_'
  return free
}

function boundedJson(value: unknown): string {
  const json = toJson(value)
  return json.length > maxTextLength ? JSON.stringify(shorten(json)) : json
}

function isoTime(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : ''
}
