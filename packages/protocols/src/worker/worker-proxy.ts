import type { EventData, HandleOptions, PeltonError, WorkerHooks } from '@pelton/core'
import { isPeltonError, logLevels, systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { type BegunTable, toLocalMs } from './begun-table.ts'
import { BodyInbox } from './body-inbox.ts'
import { chunkOf } from './body-code.ts'
import { type BodyMemory, regionBodyBytes } from './body-memory.ts'
import { answerCall } from './answer-call.ts'
import { maxCalls } from './call-limits.ts'
import type { Channel } from './channel.ts'
import { writeEventMeta } from './event-meta.ts'
import {
  abortCode,
  bodyBytes,
  frame,
  FrameBreach,
  frameFlag,
  frameType,
  type InFrame,
  maxBodyBytes,
  maxMetaBytes,
  memoryCode,
  type OutFrame,
} from './frame.ts'
import { PendingTask, type TaskSender } from './pending-task.ts'
import { failureRecord } from './failure-record.ts'
import { type HostFacts, readHostFacts } from './host-facts.ts'
import { readFault, readRecord } from './host-reports.ts'
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
  /** Where large bodies are put instead of being sent. */
  memory?: BodyMemory | undefined
  hooks: WorkerHooks
  /** The channel has ended; with an error when the host broke the rules. */
  onClose(error: Error | undefined): void
}

const finishedAtOnce = Promise.resolve()

/** This side of a worker: turns events into frames and frames into outcomes. */
export class WorkerProxy {
  /** Resolves when the host is ready, with what it says of itself; rejects with why it is not. */
  readonly ready: Promise<HostFacts>
  readonly #options: ProxyOptions
  readonly #channel: Channel
  readonly #tasks: TaskTable
  readonly #pings = new Map<number, () => void>()
  readonly #settleReady: { resolve: (facts: HostFacts) => void; reject: (error: PeltonError) => void }
  readonly #sender: TaskSender
  #lastPing = 0
  #calls = 0
  #refusal: (() => PeltonError) | undefined

  constructor(options: ProxyOptions) {
    this.#options = options
    this.#channel = options.channel
    this.#tasks = new TaskTable(options.slots)
    const { promise, resolve, reject } = Promise.withResolvers<HostFacts>()
    promise.catch(() => undefined)
    this.ready = promise
    this.#settleReady = { resolve, reject }
    this.#sender = {
      readBegun(id) {
        // 0 is the id of events that were never sent.
        const at = id === 0 ? undefined : options.begun.read(id)
        return at === undefined ? undefined : toLocalMs(at)
      },
      recall(id) {
        if (!options.begun.recall) return false
        options.begun.recall(id)
        return options.begun.read(id) === undefined
      },
      recalled: () => errors.event_recalled({ worker: options.worker }),
    }
    this.#channel.open({
      onFrame: (incoming) => this.#receive(incoming),
      onClose: (error) => options.onClose(error),
    })
  }

  handle(event: EventData, options?: HandleOptions): PendingTask {
    const task = this.#newTask(options)
    const sent = this.#write(event, task)
    if (sent) this.#send(event, task, sent)
    return task
  }

  /** Sends several events as one batch; those that cannot be sent fail and are left out of it. */
  handleBatch(events: readonly EventData[], options: readonly (HandleOptions | undefined)[]): PendingTask[] {
    const written: { event: EventData; task: PendingTask; sent: OutFrame }[] = []
    const tasks = events.map((event, at) => {
      const task = this.#newTask(options[at])
      const sent = this.#write(event, task)
      if (sent) written.push({ event, task, sent })
      return task
    })
    if (written.length > 0) this.#channel.send({ ...frame(frameType.batch, 0), code: written.length })
    for (const { event, task, sent } of written) this.#send(event, task, { ...sent, owned: false })
    return tasks
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
    const lost = this.#tasks.all()
    for (const task of lost) {
      task.inbox?.end(error)
      task.fail(error)
    }
    // Only now: the end of one event must not look like the begin of the next one.
    for (const task of lost) this.#release(task)
    this.#options.begun.close()
    this.#options.memory?.close()
  }

  /** A task with a slot; one that has failed already, with id 0, when there is none. */
  #newTask(options: HandleOptions | undefined): PendingTask {
    const id = this.#refusal ? undefined : this.#tasks.nextId()
    const task = new PendingTask(id ?? 0, options, this.#sender)
    if (id !== undefined) return task
    const { worker, slots } = this.#options
    task.fail(this.#refusal?.() ?? errors.worker_full({ worker, slots }))
    return task
  }

  /** The event as a frame; undefined when the task has failed because there can be none. */
  #write(event: EventData, task: PendingTask): OutFrame | undefined {
    if (task.id === 0) return undefined
    const { options } = task
    const meta = writeCheckedMeta(event, this.#options.trigger)
    if (isPeltonError(meta)) {
      this.#tasks.free(task.id)
      this.#options.hooks.log(failureRecord(meta, event))
      task.fail(meta)
      return undefined
    }
    const { bodyPieces: pieces } = event
    const placed = this.#place(pieces ?? [event.body], task)
    return {
      type: frameType.event,
      flags: meta.flags | (options?.signal ? frameFlag.abortable : 0) | (placed ? frameFlag.outside : 0),
      code: options?.log ? logLevels.indexOf(options.log.level) + 1 : 0,
      id: task.id,
      meta: meta.text,
      body: placed ?? (pieces ? undefined : event.body),
      pieces: placed ? undefined : pieces,
      // Given away only when the host begins it at once: an event that waits may have to go to another worker.
      owned: placed === undefined && pieces === undefined && this.#tasks.size === 1,
    }
  }

  #send(event: EventData, task: PendingTask, sent: OutFrame): void {
    this.#channel.send(sent)
    if (sent.owned && isDetached(event.body)) task.give()
    this.#tasks.set(task)
    this.#options.begun.sent?.(task.id)
    const { options } = task
    if (options?.signal) task.watch(options.signal, () => this.#channel.send(abortFrame(task.id, options.signal)))
  }

  /** Puts a large body into shared memory; what the frame then carries is where it lies. */
  #place(pieces: readonly Uint8Array[], task: PendingTask): Buffer | undefined {
    const { memory } = this.#options
    if (memory === undefined) return undefined
    const bytes = bodyBytes({ body: undefined, pieces })
    if (bytes < regionBodyBytes) return undefined
    const region = memory.place(pieces)
    if (region === undefined) return undefined
    task.region = region.page
    const place = Buffer.allocUnsafe(12)
    place.writeUInt32LE(region.page, 0)
    place.writeUInt32LE(region.pages, 4)
    place.writeUInt32LE(bytes, 8)
    return place
  }

  #receive(incoming: InFrame): void {
    switch (incoming.type) {
      case frameType.response:
        return this.#answer(this.#find(incoming), incoming)
      case frameType.failed:
        return this.#fail(this.#find(incoming), readError(incoming.meta()))
      case frameType.chunk:
        return this.#inboxOf(incoming).push(chunkOf(incoming.code, incoming.body()))
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
      case frameType.returned:
        return this.#returned(this.#find(incoming))
      case frameType.memory:
        return this.#noteMemory(incoming)
      case frameType.ready:
        return this.#settleReady.resolve(readHostFacts(incoming.meta()))
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
    task.answer({ status: 'handled', response: { ...head, body }, finished: finishedAtOnce })
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

  #returned(task: PendingTask): void {
    task.returned()
    this.#release(task)
  }

  #noteMemory(incoming: InFrame): void {
    const { memory } = this.#options
    if (memory === undefined) throw new FrameBreach('a region of shared memory where there is none')
    if (incoming.code === memoryCode.kept) memory.keep(incoming.id)
    else memory.restore(incoming.id)
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
    if (task.region !== undefined) this.#options.memory?.release(task.region)
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

function writeCheckedMeta(
  event: EventData,
  trigger: { kind: string; name: string },
): { text: string; flags: number } | PeltonError {
  let meta: { text: string; flags: number }
  try {
    meta = writeEventMeta(event, trigger)
  } catch (error) {
    return errors.event_unsendable({ reason: error instanceof Error ? error.message : String(error) }, error)
  }
  const { bodyPieces: pieces } = event
  const length = pieces ? bodyBytes({ body: undefined, pieces }) : event.body.length
  const bytes = length + meta.text.length
  if (length > maxBodyBytes) return errors.event_too_large({ bytes, limit: maxBodyBytes })
  // Characters take three bytes at most; only texts near the limit need an exact count.
  if (meta.text.length > maxMetaBytes / 3 && Buffer.byteLength(meta.text) > maxMetaBytes) {
    return errors.event_too_large({ bytes, limit: maxMetaBytes })
  }
  return meta
}

/** Codes that the processor gives to the reasons of signals that abort at a deadline. */
const deadlineReasons = ['event_timeout', 'event_revoked']

function abortFrame(id: number, signal: AbortSignal | undefined): OutFrame {
  const reason: unknown = signal?.reason
  const isDeadline = isPeltonError(reason) && deadlineReasons.includes(reason.code)
  return { ...frame(frameType.abort, id), code: isDeadline ? abortCode.deadline : abortCode.left }
}

function isDetached(body: Uint8Array): boolean {
  return body.length === 0 && body.buffer instanceof ArrayBuffer && body.buffer.detached
}
