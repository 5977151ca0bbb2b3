import { type Clock, type LogRecord, systemClock, type WorkerFault, type WorkerHooks } from '@pelton/core'
import { errors } from '../errors.ts'
import { callDeadlineMs, maxCalls } from './call-limits.ts'
import type { Channel } from './channel.ts'
import { frame, frameFlag, frameType, type InFrame, maxBodyBytes, maxMetaBytes } from './frame.ts'
import { readError } from './wire-error.ts'
import { readJson, writeJson } from './wire-json.ts'

/** Bytes that may wait to be sent before log records are dropped: a handler can log faster than anybody reads. */
const logBacklogBytes = 1024 * 1024

/** The hooks of a host that reports by the wire. */
export interface WireHooks extends WorkerHooks {
  /** Sends a record to the capture of one event. */
  capture(id: number, record: LogRecord): void
  /** Takes the result of a call. */
  onResult(result: InFrame): void
  /** No result will come any more: open calls fail. */
  close(): void
}

/** Makes the host's hooks over a channel. Calls are bounded in number, size and time. */
export function createWireHooks(channel: Channel, clock: Clock = systemClock): WireHooks {
  const calls = new Map<number, { settle: (result: InFrame) => void; fail: (error: Error) => void }>()
  let lastCall = 0
  let dropped = 0

  const sendLog = (id: number, record: LogRecord): void => {
    if (channel.backlog() > logBacklogBytes) return void dropped++
    if (dropped > 0) channel.send(frame(frameType.log, 0, JSON.stringify(droppedRecord(dropped))))
    dropped = 0
    channel.send(frame(frameType.log, id, recordText(record)))
  }
  const send = async (operation: string, payload: unknown, body: Uint8Array | undefined): Promise<InFrame> => {
    const { text, hasBytes } = writeJson({ operation, payload })
    if (text.length > maxMetaBytes / 3) throw errors.call_too_large({ operation, limit: maxMetaBytes / 3 })
    if (body && body.length > maxBodyBytes) throw errors.call_too_large({ operation, limit: maxBodyBytes })
    const id = ++lastCall
    const { promise, resolve, reject } = Promise.withResolvers<InFrame>()
    const fail = (error: Error): void => {
      timer.cancel()
      calls.delete(id)
      reject(error)
    }
    const settle = (result: InFrame): void => {
      timer.cancel()
      calls.delete(id)
      resolve(result)
    }
    const timer = clock.after(callDeadlineMs, () =>
      fail(errors.call_timed_out({ operation, deadlineMs: callDeadlineMs })),
    )
    calls.set(id, { settle, fail })
    const flags = (hasBytes ? frameFlag.bytesInMeta : 0) | (body === undefined ? frameFlag.noBody : 0)
    channel.send({ ...frame(frameType.call, id, text, body), flags })
    return await promise
  }
  return {
    log: (record) => sendLog(0, record),
    capture: sendLog,
    fault: (report: WorkerFault) => channel.send(frame(frameType.fault, 0, JSON.stringify(boundedFault(report)))),
    async call(operation, payload, body) {
      if (calls.size >= maxCalls) throw errors.too_many_calls({ operation, limit: maxCalls })
      return readResult(await send(operation, payload, body))
    },
    onResult: (result) => calls.get(result.id)?.settle(result),
    close() {
      const error = errors.call_failed({ operation: 'in progress', reason: 'the worker is ending' })
      for (const { fail } of calls.values()) fail(error)
    },
  }
}

function readResult(result: InFrame): unknown {
  if (result.has(frameFlag.error)) throw readError(result.meta())
  if (!result.has(frameFlag.noBody)) return result.body()
  return readJson(result.meta(), result.has(frameFlag.bytesInMeta))
}

function droppedRecord(count: number): LogRecord {
  return { time: Date.now(), level: 'warn', message: 'log_records_dropped', facts: { count } }
}

function boundedFault({ eventId, message, stack }: WorkerFault): WorkerFault {
  const report: WorkerFault = { message: message.slice(0, 65_536) }
  if (eventId !== undefined) report.eventId = eventId
  if (stack !== undefined) report.stack = stack.slice(0, 65_536)
  return report
}

/** A record that is too long, or whose facts are no JSON, is sent without its facts. */
function recordText(record: LogRecord): string {
  try {
    const text = JSON.stringify(record)
    if (text.length <= maxMetaBytes / 3) return text
  } catch {
    // Cycles and big integers: the message is worth more than the record's loss.
  }
  const { facts: _, ...rest } = record
  return JSON.stringify({ ...rest, message: record.message.slice(0, 65_536), facts: { facts: 'could not be sent' } })
}
