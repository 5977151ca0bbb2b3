import type { Bytes, Outcome, TriggerContext, TriggerSettings } from '@pelton/core'
import { StreamWindow, Ticker } from '@pelton/protocols/window'
import type { WebSocketAttributes } from './config.ts'
import { ConnectionEvent, type EventContent } from './connection-event.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import type { ConversationPlan } from './conversation.ts'
import { type DeliveryRules, deliverReply, leaveReply } from './deliver-reply.ts'
import { type Gathered, LastMessage } from './gathered.ts'
import type { WebSocketRules } from './rules.ts'
import { Source } from './source.ts'

const textType = 'text/plain; charset=utf-8'
const bytesType = 'application/octet-stream'
const nothing = Buffer.alloc(0)
/** Messages of one connection that workers are given at a time: those behind them wait here, where no wait is timed. */
const mostOpenMessages = 64
/** Windows, or last messages, that wait at a time before ticks are left out. */
const mostOpenWindows = 8

/** What dialogues are made of. */
export interface DialogueParts {
  settings: TriggerSettings<WebSocketAttributes>
  context: Pick<TriggerContext, 'clock' | 'dispatch' | 'logger'>
  rules: WebSocketRules
  connections: Connections
  /** Whether a client has too much that it was sent and has not taken. */
  isBehind: (connection: Connection) => boolean
  /** One more event of a source is done with. */
  onAdvance: (source: Source) => void
  /** The handler did not want the connection. */
  onRefused: (connection: Connection, outcome: Outcome) => void
}

/** Makes events of what clients send, hands them out in order and sends the replies. */
export class Dialogues implements ConversationPlan {
  readonly mostOpen: number
  readonly #parts: DialogueParts
  readonly #trigger: { readonly kind: string; readonly name: string }
  readonly #ticker: Ticker<Source>
  readonly #delivery: DeliveryRules
  /** Events that are not done with. */
  #open = 0
  #shared: Source | undefined
  #sequence = 0
  #isCut = false

  constructor(parts: DialogueParts) {
    const { settings, context, rules } = parts
    this.#parts = parts
    this.#trigger = { kind: settings.kind, name: settings.name }
    this.mostOpen = rules.mode === 'message' ? mostOpenMessages : mostOpenWindows
    this.#delivery = {
      reportsErrors: settings.attributes.report_errors,
      keepsEmpty: rules.mode === 'message',
      isBehind: parts.isBehind,
      onBroken: (event, error) => this.#noteBroken(event, error),
    }
    this.#ticker = new Ticker(context.clock, rules.tickMs, (source) => this.#look(source))
  }

  /** No event is waited for. */
  get areIdle(): boolean {
    return this.#open === 0
  }

  /** Takes a message in. */
  take(connection: Connection, data: Bytes, isText: boolean): void {
    const source = this.sourceOf(connection)
    if (!source.gathered) {
      return this.#add(source, connection, { body: data, contentType: isText ? textType : bytesType })
    }
    source.connection = connection
    source.gathered.add(data)
    this.#ticker.mark(source)
  }

  /** Makes an event of a connection's begin or end. */
  tell(connection: Connection, type: 'connect' | 'disconnect', fields: Record<string, string | number> = {}): void {
    const source = this.sourceOf(connection)
    // Nothing that it has sent comes behind its end.
    if (type === 'disconnect' && source.connection === connection) this.#emit(source)
    this.#add(source, connection, { body: nothing, contentType: '', type, fields })
  }

  /** Hands out what may be handed out, once a client has caught up or is gone. */
  proceed(connection: Connection): void {
    this.find(connection)?.conversation.proceed()
  }

  /** Ticks once more for everything that has come, then no more. */
  finish(): void {
    for (const source of this.#ticker.stop()) this.#emit(source)
  }

  /** Hands nothing out again. */
  cut(): void {
    this.#isCut = true
    this.#ticker.stop()
  }

  /** Where a connection's events have come from, if there were any. */
  find(connection: Connection): Source | undefined {
    return this.#parts.rules.isShared ? this.#shared : (connection.source as Source | undefined)
  }

  /** Where a connection's events come from. */
  sourceOf(connection: Connection): Source {
    if (this.#parts.rules.isShared) return (this.#shared ??= this.#createSource(this.#trigger.name, connection))
    connection.source ??= this.#createSource(connection.id, connection)
    return connection.source as Source
  }

  mayProceed({ connection }: ConnectionEvent): boolean {
    return !this.#parts.isBehind(this.#receiverOf(connection))
  }

  dispatch(event: ConnectionEvent): Promise<Outcome> {
    const { connection, type } = event
    const signal = type === 'disconnect' ? undefined : connection.signal
    const { key } = this.sourceOf(connection)
    const sequence = ++this.#sequence
    return this.#parts.context.dispatch(event, signal ? { key, sequence, signal } : { key, sequence })
  }

  /** What a client has sent before it left is handled: only its wait for a worker has ended with the connection. */
  isUnhandled(outcome: Outcome, { connection }: ConnectionEvent): boolean {
    if (outcome.status === 'handled' || this.#isCut) return false
    return connection.isGone && outcome.error.code === 'caller_left'
  }

  deliver(outcome: Outcome, event: ConnectionEvent): Promise<void> | undefined {
    const { connection, type } = event
    if (type === 'connect') this.#admit(connection, outcome)
    const receiver = this.#receiverOf(connection)
    if (type === 'disconnect' || connection.isRefused || receiver.isGone) return leaveReply(outcome)
    return deliverReply(outcome, receiver, event, this.#delivery)
  }

  advanced({ connection }: ConnectionEvent): void {
    this.#open -= 1
    this.#parts.onAdvance(this.sourceOf(connection))
  }

  #add(source: Source, connection: Connection, content: EventContent): void {
    this.#open += 1
    source.conversation.add(new ConnectionEvent(this.#trigger, connection, content))
  }

  /** At a tick: whether nothing is left to emit. */
  #look(source: Source): boolean {
    if (source.conversation.length < mostOpenWindows) {
      this.#emit(source)
      return true
    }
    source.skippedTicks += 1
    if (source.skippedTicks === 1) {
      this.#parts.context.logger.warn('websocket_ticks_skipped', { connection: source.connection.id })
    }
    return false
  }

  #emit(source: Source): void {
    const body = source.gathered?.take()
    if (body && !source.connection.isRefused) this.#add(source, source.connection, { body, contentType: bytesType })
  }

  #admit(connection: Connection, outcome: Outcome): void {
    const isWelcome = outcome.status === 'handled' && outcome.response.status < 400
    if (isWelcome) return this.#parts.connections.admit(connection)
    connection.isRefused = true
    this.#open -= this.sourceOf(connection).conversation.drop((event) => event.connection === connection)
    this.#parts.onRefused(connection, outcome)
  }

  #noteBroken({ id, connection }: ConnectionEvent, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    // Its producer has logged it, in the worker.
    this.#parts.context.logger.debug('websocket_reply_broken', { event_id: id, connection: connection.id, reason })
  }

  #receiverOf(connection: Connection): Connection {
    return (this.#parts.rules.isShared ? this.#parts.connections.newest : undefined) ?? connection
  }

  #createSource(key: string, connection: Connection): Source {
    return new Source(key, connection, this, this.#createGathered())
  }

  #createGathered(): Gathered | undefined {
    const { mode } = this.#parts.rules
    if (mode === 'message') return undefined
    return mode === 'stream' ? new StreamWindow(this.#parts.settings.attributes) : new LastMessage()
  }
}
