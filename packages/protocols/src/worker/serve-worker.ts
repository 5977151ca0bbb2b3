import {
  type HandleOptions,
  isPeltonError,
  type Outcome,
  type PeltonError,
  type Response,
  type Worker,
} from '@pelton/core'
import { errors } from '../errors.ts'
import type { BegunMarks } from './begun-table.ts'
import { responseCode } from './body-code.ts'
import { pumpBody } from './body-pump.ts'
import type { Channel } from './channel.ts'
import { WireEvent } from './event-meta.ts'
import type { HostFacts } from './host-facts.ts'
import { frame, FrameBreach, frameFlag, frameType, type InFrame, maxBodyBytes, maxMetaBytes } from './frame.ts'
import { writeResponseMeta } from './response-meta.ts'
import { RunningEvent } from './running-event.ts'
import { textOf, writeError } from './wire-error.ts'
import { failureRecord } from './failure-record.ts'
import { readJson } from './wire-json.ts'
import type { WireHooks } from './wire-hooks.ts'

/** What a host serves with. */
export interface ServeOptions {
  channel: Channel
  hooks: WireHooks
  begun: BegunMarks
  /** Loads the handler that the start frame tells of; a rejection is told to the other side, which gives the worker up. */
  load: (start: unknown) => Promise<Loaded>
  /** Called once: asked to stop and idle, or the other side is gone. The host ends its thread or process then. */
  onEnd(): void
}

/** A host, loaded: the handler, and the trigger whose events do not name it. */
export interface Loaded {
  worker: Pick<Worker, 'handle' | 'handleBatch'>
  trigger: { kind: string; name: string }
  /** What the worker is told to be: see `Worker`. */
  facts?: HostFacts
}

/** How long events are begun in one turn of the loop before timers, sockets and pings have theirs. */
const turnMs = 5

/** Serves events from a channel until it is asked to stop, and then until the last one is finished. */
export function serveWorker(options: ServeOptions): void {
  const server = new WorkerServer(options)
  options.channel.open({
    onFrame: (incoming) => server.receive(incoming),
    onClose() {
      options.hooks.close()
      options.onEnd()
    },
  })
}

class WorkerServer {
  readonly #options: ServeOptions
  readonly #channel: Channel
  /** What the host holds by id, begun or not. */
  readonly #events = new Map<number, RunningEvent>()
  /** What has not begun, in order: events and whole batches. */
  #waiting: (RunningEvent | RunningEvent[])[] = []
  #next = 0
  /** The batch whose events are arriving, and how many of them are still to come. */
  #arriving: RunningEvent[] = []
  #toCome = 0
  #loaded: Loaded | undefined
  #stepping = false
  #turnStart = 0
  #stopping = false

  constructor(options: ServeOptions) {
    this.#options = options
    this.#channel = options.channel
  }

  async #start(incoming: InFrame): Promise<void> {
    try {
      this.#loaded = await this.#options.load(readJson(incoming.meta(), false))
    } catch (error) {
      this.#channel.send(frame(frameType.refused, 0, writeError(asPeltonError(error))))
      await this.#channel.flushed()
      return this.#options.onEnd()
    }
    this.#channel.send(frame(frameType.ready, 0, JSON.stringify({ protocol: 1, ...this.#loaded.facts })))
    this.#scheduleSteps()
    this.#endWhenIdle()
  }

  receive(incoming: InFrame): void {
    switch (incoming.type) {
      case frameType.start:
        return void this.#start(incoming)
      case frameType.event:
        return this.#take(incoming)
      case frameType.batch:
        return this.#announce(incoming.code)
      case frameType.abort:
        return this.#events.get(incoming.id)?.abort(incoming.code)
      case frameType.cancel:
        return this.#events.get(incoming.id)?.pump?.cancel()
      case frameType.window:
        return this.#events.get(incoming.id)?.pump?.grant(incoming.body().readUInt32LE(0))
      case frameType.ping:
        return this.#channel.send(frame(frameType.pong, incoming.id))
      case frameType.result:
        return this.#options.hooks.onResult(incoming)
      case frameType.stop:
        this.#stopping = true
        return this.#endWhenIdle()
      default:
        throw new FrameBreach(`a frame of type ${incoming.type} in this direction`)
    }
  }

  #take(incoming: InFrame): void {
    const event = new RunningEvent(incoming, this.#options.hooks)
    this.#events.set(incoming.id, event)
    if (this.#toCome === 0) this.#waiting.push(event)
    else {
      this.#arriving.push(event)
      if (--this.#toCome > 0) return
      this.#waiting.push(this.#arriving)
      this.#arriving = []
    }
    this.#scheduleSteps()
  }

  /** The next `count` events are one batch. */
  #announce(count: number): void {
    if (count === 0 || this.#toCome > 0) throw new FrameBreach(`a batch of ${count} while ${this.#toCome} are to come`)
    if (!this.#loaded?.worker.handleBatch) throw new FrameBreach('a batch for a handler of single events')
    this.#toCome = count
  }

  /**
   * Begins events one by one, each in a microtask of its own: so the answer of an event leaves while the next ones are
   * begun, not after all of them.
   */
  #scheduleSteps(): void {
    if (this.#stepping || !this.#loaded || this.#next >= this.#waiting.length) return
    this.#stepping = true
    this.#turnStart = performance.now()
    queueMicrotask(this.#step)
  }

  readonly #step = (): void => {
    const next = this.#waiting[this.#next++]
    if (Array.isArray(next)) this.#beginBatch(next)
    else if (next) this.#beginEvent(next)
    if (this.#next < this.#waiting.length) {
      if (performance.now() - this.#turnStart < turnMs) return queueMicrotask(this.#step)
      this.#stepping = false
      return void setImmediate(() => this.#scheduleSteps())
    }
    this.#waiting = []
    this.#next = 0
    this.#stepping = false
  }

  #beginEvent(event: RunningEvent): void {
    if (!this.#loaded || !this.#mark(event)) return
    const { worker, trigger } = this.#loaded
    const task = worker.handle(new WireEvent(event.frame, trigger), event as HandleOptions)
    void task.outcome.then((outcome) => this.#answer(event, outcome))
  }

  #beginBatch(batch: RunningEvent[]): void {
    if (!this.#loaded || !batch.every((event) => this.#mark(event))) return
    const { worker, trigger } = this.#loaded
    const events = batch.map((event) => new WireEvent(event.frame, trigger))
    const tasks = worker.handleBatch?.(events, batch as HandleOptions[]) ?? []
    for (const [at, event] of batch.entries()) void tasks[at]?.outcome.then((outcome) => this.#answer(event, outcome))
  }

  /** Notes that the event begins; false when the host is at its end because that is not possible any more. */
  #mark(event: RunningEvent): boolean {
    try {
      this.#options.begun.mark(event.id)
      return true
    } catch {
      // The handler has closed the table's descriptor: without marks an event might be handled twice.
      this.#options.onEnd()
      return false
    }
  }

  #answer(running: RunningEvent, outcome: Outcome): void {
    if (outcome.status === 'failed') {
      this.#channel.send(frame(frameType.failed, running.id, writeError(outcome.error)))
      return this.#done(running)
    }
    try {
      this.#sendResponse(running, outcome.response)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#refuse(running, errors.response_unsendable({ reason }, error))
    }
  }

  #sendResponse(running: RunningEvent, response: Response): void {
    const { meta, flags } = writeResponseMeta(response)
    const { status, body, bodyType } = response
    const bytes = meta.length * 3 > maxMetaBytes ? Buffer.byteLength(meta) : 0
    if (bytes > maxMetaBytes) throw new RangeError(`headers and extra of ${bytes} bytes`)
    const head = { type: frameType.response, code: responseCode(status, bodyType), id: running.id, meta, owned: false }
    if (body === undefined || body instanceof Uint8Array) {
      if (body !== undefined && body.length > maxBodyBytes) {
        return this.#refuse(running, errors.response_too_large({ bytes: body.length, limit: maxBodyBytes }))
      }
      this.#channel.send({ ...head, flags: body === undefined ? flags | frameFlag.noBody : flags, body })
      return this.#done(running)
    }
    this.#channel.send({ ...head, flags: flags | frameFlag.stream, body: undefined })
    running.pump = pumpBody(this.#channel, running.id, body)
    void running.pump.done.then(() => this.#done(running))
  }

  /** Fails an event whose response cannot be sent. The handler knows nothing of it, so nobody else would log it. */
  #refuse(running: RunningEvent, error: PeltonError): void {
    const { id, trigger } = new WireEvent(running.frame, this.#loaded?.trigger ?? { kind: '', name: '' })
    const record = failureRecord(error, { id, trigger })
    this.#options.hooks.log(record)
    running.log?.write(record)
    this.#channel.send(frame(frameType.failed, running.id, writeError(error)))
    this.#done(running)
  }

  #done(running: RunningEvent): void {
    this.#events.delete(running.id)
    this.#endWhenIdle()
  }

  #endWhenIdle(): void {
    if (!this.#stopping || !this.#loaded || this.#events.size > 0) return
    void this.#channel.flushed().then(() => this.#options.onEnd())
  }
}

function asPeltonError(error: unknown): PeltonError {
  return isPeltonError(error) ? error : errors.handler_not_loaded({ reason: textOf(error) }, error)
}
