import type { LogLevel } from '@pelton/core'
import { format } from 'node:util'
import { createLineSplitter } from './line-splitter.ts'
import type { Handling } from './handling.ts'
import type { WorkerLog } from './worker-log.ts'

/** Where output goes. */
export interface OutputOptions {
  log: WorkerLog
  current: () => Handling | undefined
}

const consoleLevels = { log: 'info', info: 'info', debug: 'debug', warn: 'warn', error: 'error' } as const

/** Turns what code in this thread or process prints into records of the event that it runs for: stdout carries results only. */
export function captureOutput(options: OutputOptions): void {
  for (const [name, level] of Object.entries(consoleLevels))
    captureConsole(name as keyof typeof consoleLevels, level, options)
  captureStream(process.stdout, 'info', options)
  captureStream(process.stderr, 'warn', options)
}

function captureConsole(name: keyof typeof consoleLevels, level: LogLevel, { log, current }: OutputOptions): void {
  // oxlint-disable-next-line no-console -- it is being replaced
  console[name] = (...said: unknown[]): void => {
    const event = current()
    if (log.wants(event, level)) log.take(event, level, formatted(said))
  }
}

function formatted(said: unknown[]): string {
  try {
    return format(...said)
  } catch {
    // A getter or `inspect` of the handler's own threw; printing must not.
    return '[unreadable]'
  }
}

function captureStream(stream: NodeJS.WriteStream, level: LogLevel, { log, current }: OutputOptions): void {
  const lines = createLineSplitter((line, event: Handling | undefined) => log.take(event, level, line))
  const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    lines.write(textOf(chunk, encoding), current())
    const then = typeof encoding === 'function' ? encoding : done
    if (typeof then === 'function') process.nextTick(then)
    return true
  }
  stream.write = write
}

function textOf(chunk: unknown, encoding: unknown): string {
  if (typeof chunk === 'string') return chunk
  if (!(chunk instanceof Uint8Array)) return String(chunk)
  const known = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString(known)
}
