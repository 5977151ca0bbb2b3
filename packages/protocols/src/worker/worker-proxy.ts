import type { EventData, HandleOptions, LogLevel, LogRecord, Outcome, PeltonError, WorkerHooks } from '@pelton/core'
import { logLevels, systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { type BegunTable, toLocalMs } from './begun-table.ts'
import { BodyInbox } from './body-inbox.ts'
import { answerCall } from './answer-call.ts'
import type { Channel } from './channel.ts'
import { writeEventMeta } from './event-meta.ts'
import { frame, FrameBreach, frameFlag, frameType, type InFrame, maxBodyBytes, maxMetaBytes } from './frame.ts'
import { PendingTask } from './pending-task.ts'
import { readResponseHead } from './response-meta.ts'
import { TaskTable } from './task-table.ts'
import { readError } from './wire-error.ts'

/** What a proxy is made of. */
export interface ProxyOptions {
  channel: Channel
  /** For messages: `0 of hello`. */
  worker: string
  /** The worker's trigger: events of others name theirs. */
  trigger: { kind: string; name: string }
  /** Most events at a time. */
  slots: number
  begun: BegunTable
  hooks: WorkerHooks
  /** The channel has ended; with an error when the host broke the rules. */
  onClose(error: Error | undefined): void
}

const maxCalls = 256
const finishedAtOnce = Promise.resolve()

/** This side of a worker: turns events into frames and frames into outcomes. */
export class WorkerProxy {
  /** Resolves when the host is ready; rejects with why it is not. */
  readonly ready: Promise<void>
  readonly #options: ProxyOptions
  readonly #channel: Channel
  readonly #tasks: TaskTable
  readonly #pings = new Map<number, () => void>()
  readonly #settleReady: { resolve: () => void; reject: (error: PeltonError) => void }
  readonly #readBegun: (id: number) => number | undefined
  #lastPing = 0
  #calls = 0
  #refusal: (() => PeltonError) | undefined

  constructor(options: ProxyOptions) {
    this.#options = options
    this.#channel = options.channel
    this.#tasks = new TaskTable(options.slots)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => undefined)
    this.ready = promise
    this.#settleReady = { resolve, reject }
    this.#readBegun = (id) => {
      // 0 is the id of events that were never sent.
      const at = id === 0 ? undefined : options.begun.read(id)
      return at === undefined ? undefined : toLocalMs(at)
    }
    this.#channel.open({
      onFrame: (incoming) => this.#receive(incoming),
      onClose: (error) => options.onClose(error),
    })
  }

  handle(event: EventData, options?: HandleOptions): PendingTask {
    const id = this.#refusal ? undefined : this.#tasks.nextId()
    const task = new PendingTask(id ?? 0, options, this.#readBegun)
    if (id === undefined) {
      task.fail(this.#refusal?.() ?? errors.worker_full({ worker: this.#options.worker, slots: this.#options.slots }))
      return task
    }
    const fault = this.#send(event, id, options)
    if (fault) {
      this.#tasks.free(id)
      task.fail(fault)
      return task
    }
    if (isDetached(event.body)) task.give()
    this.#tasks.set(task)
    this.#options.begun.sent?.(id)
    if (options?.signal) task.watch(options.signal, () => this.#channel.send(frame(frameType.abort, id)))
    return task
  }

  /** Whether the host answers within the time. */
  async ping(timeoutMs: number): Promise<boolean> {
    const id = ++this.#lastPing
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#pings.set(id, () => resolve(true))
    const timer = systemClock.after(timeoutMs, () => resolve(false))
    this.#channel.send(frame(frameType.ping, id))
    const alive = await promise
    timer.cancel()
    this.#pings.delete(id)
    return alive
  }

  /** Fails new events from now on, with a new error for each; those that the host holds go on. */
  refuse(error: () => PeltonError): void {
    this.#refusal ??= error
  }

  /** The host is gone: what it held has failed. */
  lose(error: PeltonError): void {
    this.#settleReady.reject(error)
    this.refuse(() => error)
    for (const task of this.#tasks.all()) {
      task.inbox?.end(error)
      task.fail(error)
      this.#release(task)
    }
    this.#options.begun.close()
  }

  /** Sends the event; gives the error when it cannot be sent. */
  #send(event: EventData, id: number, options: HandleOptions | undefined): PeltonError | undefined {
    let meta: { text: string; flags: number }
    try {
      meta = writeEventMeta(event, this.#options.trigger)
    } catch (error) {
      return errors.event_unsendable({ reason: error instanceof Error ? error.message : String(error) }, error)
    }
    const bytes = event.body.length + meta.text.length
    if (event.body.length > maxBodyBytes) return errors.event_too_large({ bytes, limit: maxBodyBytes })
    // Characters take three bytes at most; only texts near the limit need an exact count.
    if (meta.text.length > maxMetaBytes / 3 && Buffer.byteLength(meta.text) > maxMetaBytes) {
      return errors.event_too_large({ bytes, limit: maxMetaBytes })
    }
    this.#channel.send({
      type: frameType.event,
      flags: meta.flags | (options?.signal ? frameFlag.abortable : 0),
      code: options?.log ? logLevels.indexOf(options.log.level) + 1 : 0,
      id,
      meta: meta.text,
      body: event.body,
      // Given away only when the host begins it at once: an event that waits may have to go to another worker.
      owned: this.#tasks.size === 1,
    })
    return undefined
  }

  #receive(incoming: InFrame): void {
    switch (incoming.type) {
      case frameType.response:
        return this.#answer(this.#find(incoming), incoming)
      case frameType.failed:
        return this.#fail(this.#find(incoming), readError(incoming.meta()))
      case frameType.chunk:
        return this.#inboxOf(incoming).push(incoming.body())
      case frameType.end:
        return this.#endStream(incoming)
      case frameType.broken:
        return this.#endStream(incoming, readError(incoming.meta()))
      case frameType.log:
        return this.#log(incoming)
      case frameType.fault:
        return this.#options.hooks.fault(readFault(incoming.meta()))
      case frameType.pong:
        return this.#pings.get(incoming.id)?.()
      case frameType.call:
        return this.#call(incoming)
      case frameType.ready:
        return this.#settleReady.resolve()
      case frameType.refused:
        return this.#settleReady.reject(readError(incoming.meta()))
      default:
        throw new FrameBreach(`a frame of type ${incoming.type} in this direction`)
    }
  }

  #find(incoming: InFrame): PendingTask {
    const task = this.#tasks.get(incoming.id)
    if (task === undefined || task.inbox) throw new FrameBreach(`an answer to event ${incoming.id}, which is not open`)
    return task
  }

  #inboxOf(incoming: InFrame): BodyInbox {
    const inbox = this.#tasks.get(incoming.id)?.inbox
    if (inbox === undefined) throw new FrameBreach(`a chunk for event ${incoming.id}, which is not streaming`)
    return inbox
  }

  #answer(task: PendingTask, incoming: InFrame): void {
    const head = readResponseHead(incoming)
    if (incoming.has(frameFlag.stream)) {
      task.inbox = this.#openInbox(task.id)
      const { finished } = task.inbox
      return task.settle({ status: 'handled', response: { ...head, body: task.inbox }, finished })
    }
    const body = incoming.has(frameFlag.noBody) ? undefined : incoming.body()
    task.settle({ status: 'handled', response: { ...head, body }, finished: finishedAtOnce } satisfies Outcome)
    this.#release(task)
  }

  #openInbox(id: number): BodyInbox {
    return new BodyInbox({
      grant: (bytes) => {
        const body = Buffer.allocUnsafe(4)
        body.writeUInt32LE(bytes)
        this.#channel.send(frame(frameType.window, id, '', body))
      },
      cancel: () => this.#channel.send(frame(frameType.cancel, id)),
    })
  }

  #fail(task: PendingTask, error: PeltonError): void {
    task.fail(error)
    this.#release(task)
  }

  #endStream(incoming: InFrame, error?: PeltonError): void {
    const inbox = this.#inboxOf(incoming)
    const task = this.#tasks.get(incoming.id)
    if (task) this.#release(task)
    inbox.end(error)
  }

  #release(task: PendingTask): void {
    task.release()
    this.#tasks.free(task.id)
    this.#options.begun.done?.(task.id)
  }

  #log(incoming: InFrame): void {
    const record = readRecord(incoming.meta())
    if (incoming.id === 0) return this.#options.hooks.log(record)
    // Without its event the record is late: the capture has been handed out already.
    this.#tasks.get(incoming.id)?.options?.log?.write(record)
  }

  #call(incoming: InFrame): void {
    if (this.#channel.backlog() > maxBodyBytes) throw new FrameBreach('calls whose results are not read')
    const open = this.#calls < maxCalls
    this.#calls++
    void answerCall(incoming, open ? this.#options.hooks : undefined, maxCalls).then((result) => {
      this.#calls--
      this.#channel.send(result)
    })
  }
}

function isDetached(body: Uint8Array): boolean {
  return body.length === 0 && body.buffer instanceof ArrayBuffer && body.buffer.detached
}

function readObject(meta: string): Record<string, unknown> {
  const value: unknown = JSON.parse(meta)
  if (typeof value !== 'object' || value === null) throw new FrameBreach('a meta that is no object')
  return value as Record<string, unknown>
}

function readRecord(meta: string): LogRecord {
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

function readFault(meta: string): { eventId?: string; message: string; stack?: string } {
  const { eventId, message, stack } = readObject(meta)
  return {
    message: String(message),
    ...(typeof eventId === 'string' ? { eventId } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  }
}
