import type { LogLevel, LogRecord } from '@pelton/core'
import type { Paint, Style } from '../screen/paint.ts'
import { errorText, hasStack } from './error-text.ts'
import { type FormatRecord, shorten, toJson } from './log-line.ts'

const levelStyles: Record<LogLevel, Style> = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' }

/** Lines for people: time, level, message, facts; a stack goes below. */
export function createPrettyFormat(paint: Paint): FormatRecord {
  return (record) => {
    const level = paint(levelStyles[record.level], record.level.toUpperCase().padEnd(5))
    const below: string[] = []
    const facts = formatFacts(record, below)
    const message = indent(printable(shorten(record.message)))
    const end = facts === '' ? '' : ` ${paint('dim', facts)}`
    return `${paint('dim', clockTime(record.time))} ${level} ${message}${end}${below.map((text) => `\n    ${indent(text)}`).join('')}\n`
  }
}

function formatFacts(record: LogRecord, below: string[]): string {
  const parts: string[] = []
  for (const [key, value] of Object.entries(record.facts ?? {})) {
    if (value === undefined || typeof value === 'function') continue
    const text = printable(shorten(factText(value)))
    if (text.includes('\n')) below.push(key === 'stack' ? text : `${key}: ${text}`)
    else parts.push(`${printable(key)}=${text}`)
  }
  if (record.trigger !== undefined) parts.push(`trigger=${printable(record.trigger)}`)
  if (record.worker !== undefined) parts.push(`worker=${record.worker}`)
  if (record.eventId !== undefined) parts.push(`event=${printable(record.eventId)}`)
  return parts.join(' ')
}

function factText(value: unknown): string {
  if (typeof value === 'string') return value === '' || /[\s="]/.test(value) ? quote(value) : value
  if (hasStack(value)) return errorText(value)
  return toJson(value)
}

function quote(text: string): string {
  return text.includes('\n') ? text : JSON.stringify(text)
}

function indent(text: string): string {
  return text.trimEnd().replaceAll('\n', '\n    ')
}

/** What a handler or a peer logs must not steer the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => {
    return char === '\r' ? '' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

function clockTime(ms: number): string {
  const time = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const millis = String(time.getMilliseconds()).padStart(3, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${millis}`
}
