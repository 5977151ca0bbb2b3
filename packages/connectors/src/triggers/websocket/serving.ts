import type { Outcome, TriggerContext, TriggerSettings } from '@pelton/core'
import type { HttpUpgrade } from '@pelton/protocols/http'
import { type PeerOptions, answerHandshake, createPeer } from '@pelton/protocols/websocket'
import type { WebSocketAttributes } from './config.ts'
import { answerCalls } from './connection-calls.ts'
import { Connection, type ConnectionEnd, type ConnectionOwner } from './connection.ts'
import { Connections } from './connections.ts'
import { Dialogues } from './dialogues.ts'
import { Handshake } from './handshake.ts'
import { type FlowLimits, mustPause, watchStalled } from './flow.ts'
import { type WebSocketRules, rulesOf } from './rules.ts'
import type { Source } from './source.ts'

/** A client that takes nothing of a full backlog for so long is cut off. */
const stallMs = 30_000
const refused = { code: 1008, reason: 'refused' }
const failed = { code: 1011, reason: 'internal error' }

/** What a client is told when it is closed. */
export interface Farewell {
  code: number
  reason: string
}

/** All connections of a trigger, from their upgrade to their end. */
export class Serving implements ConnectionOwner {
  readonly #attributes: WebSocketAttributes
  readonly #context: TriggerContext
  readonly #rules: WebSocketRules
  readonly #peerOptions: PeerOptions
  readonly #limits: FlowLimits
  readonly #connections = new Connections()
  readonly #dialogues: Dialogues
  readonly #paused = new Set<Connection>()
  #farewell: Farewell | undefined
  #onEnd: (() => void) | undefined

  constructor(
    settings: TriggerSettings<WebSocketAttributes>,
    context: TriggerContext,
    limits: Partial<FlowLimits> = {},
  ) {
    const { attributes } = settings
    this.#attributes = attributes
    this.#context = context
    this.#rules = rulesOf(settings)
    this.#peerOptions = {
      role: 'server',
      maxMessageBytes: attributes.max_message_bytes,
      pingIntervalMs: attributes.ping_interval,
      idleTimeoutMs: attributes.idle_timeout,
      clock: context.clock,
    }
    this.#limits = { maxBacklogBytes: attributes.max_backlog_bytes, stallMs, ...limits }
    this.#dialogues = new Dialogues({
      settings,
      context,
      rules: this.#rules,
      connections: this.#connections,
      isBehind: ({ unsentBytes }) => unsentBytes > this.#limits.maxBacklogBytes,
      onAdvance: (source) => this.#advance(source),
      onRefused: (connection, outcome) => this.#refuse(connection, outcome),
    })
    answerCalls(context.onCall, this.#connections, (connection, data, isText) => this.#push(connection, data, isText))
  }

  /** Takes a connection in, or answers why not. */
  upgrade(upgrade: HttpUpgrade): void {
    if (this.#farewell) return upgrade.refuse(503, 'the processor is stopping\n')
    const { head } = upgrade
    const answer = answerHandshake(head, this.#attributes)
    if (!answer.accepted) return upgrade.refuse(answer.status, answer.text, answer.headers)
    if (this.#connections.size >= this.#rules.maxConnections) {
      return upgrade.refuse(503, 'too many websocket connections\n')
    }
    const { subprotocol, deflate, headers } = answer
    const { socket, early } = upgrade.accept(headers)
    const connection = new Connection({ handshake: new Handshake(head), socket, subprotocol }, this)
    connection.peer = createPeer(socket, { ...this.#peerOptions, subprotocol, deflate, early }, connection)
    this.#connections.add(connection)
    this.#context.logger.debug('websocket_opened', { connection: connection.id, address: head.remoteAddress })
    if (this.#attributes.connection_events) {
      this.#regulate(connection)
      return this.#dialogues.tell(connection, 'connect')
    }
    this.#connections.admit(connection)
    // With `shared` what waited for a client that is behind need not wait any more.
    this.#dialogues.proceed(connection)
  }

  /** Accepts no more, lets every client have its replies and closes it; resolves when all are gone, cut at `abort`. */
  async stop(farewell: Farewell, abort: AbortSignal): Promise<void> {
    this.#farewell = farewell
    this.#dialogues.finish()
    for (const connection of this.#connections.all()) {
      connection.peer?.pause()
      this.#partIfDone(connection)
    }
    await new Promise<void>((resolve) => {
      const cut = (): void => {
        this.#cut()
        resolve()
      }
      this.#onEnd = () => {
        abort.removeEventListener('abort', cut)
        resolve()
      }
      abort.addEventListener('abort', cut, { once: true })
      if (abort.aborted) cut()
      this.#lookForEnd()
    })
  }

  received(connection: Connection, data: Buffer, isText: boolean): void {
    if (connection.isRefused) return
    this.#dialogues.take(connection, data, isText)
    this.#regulate(connection)
  }

  drained(connection: Connection): void {
    this.#regulate(connection)
    this.#dialogues.proceed(connection)
  }

  closed(connection: Connection, { code, reason, clean }: ConnectionEnd): void {
    this.#connections.remove(connection)
    this.#paused.delete(connection)
    connection.unwatch?.()
    const { id, refusedPushes, isRefused } = connection
    const skippedTicks = this.#dialogues.find(connection)?.skippedTicks ?? 0
    const losses = { refused_pushes: refusedPushes, skipped_ticks: skippedTicks }
    this.#context.logger.debug('websocket_closed', { connection: id, code, reason, clean, ...losses })
    if (this.#attributes.connection_events && !isRefused) {
      this.#dialogues.tell(connection, 'disconnect', { code, reason })
    }
    this.#dialogues.proceed(connection)
    this.#lookForEnd()
  }

  #push(connection: Connection, data: Uint8Array, isText: boolean): boolean {
    const { peer, unsentBytes } = connection
    if (!peer || connection.isRefused) return false
    if (unsentBytes === 0 || unsentBytes + data.byteLength <= this.#limits.maxBacklogBytes)
      return peer.send(data, isText)
    connection.refusedPushes += 1
    if (connection.refusedPushes === 1) {
      this.#context.logger.warn('websocket_push_refused', { connection: connection.id, unsent_bytes: unsentBytes })
    }
    watchStalled(connection, this.#limits, this.#context.logger)
    return false
  }

  #advance(source: Source): void {
    // With `shared` everybody waits for the same events.
    for (const connection of this.#rules.isShared ? this.#paused : [source.connection]) this.#regulate(connection)
    if (!this.#farewell) return
    for (const connection of this.#rules.isShared ? this.#connections.all() : [source.connection]) {
      this.#partIfDone(connection)
    }
    this.#lookForEnd()
  }

  #regulate(connection: Connection): void {
    const { unsentBytes, peer } = connection
    const { maxBacklogBytes } = this.#limits
    if (unsentBytes > maxBacklogBytes) watchStalled(connection, this.#limits, this.#context.logger)
    else if (unsentBytes <= maxBacklogBytes / 2) connection.unwatch?.()
    if (this.#farewell || connection.isGone) return
    const { isPaused } = connection
    const shallPause =
      this.#isHeld(connection) || mustPause(connection, this.#dialogues.find(connection), maxBacklogBytes)
    if (shallPause === isPaused) return
    connection.isPaused = shallPause
    if (shallPause) this.#paused.add(connection)
    else this.#paused.delete(connection)
    if (shallPause) peer?.pause()
    else peer?.resume()
  }

  /** What joins a window of all connections cannot be taken out again when its sender is refused. */
  #isHeld({ isAdmitted }: Connection): boolean {
    return !isAdmitted && this.#rules.isShared && this.#rules.mode !== 'message'
  }

  #refuse({ peer }: Connection, outcome: Outcome): void {
    const { code, reason } = outcome.status === 'handled' ? refused : failed
    peer?.close(code, reason)
  }

  #partIfDone(connection: Connection): void {
    if (!this.#farewell || (this.#dialogues.find(connection)?.conversation.length ?? 0) > 0) return
    connection.peer?.close(this.#farewell.code, this.#farewell.reason)
  }

  #cut(): void {
    this.#dialogues.cut()
    for (const connection of this.#connections.all()) connection.peer?.terminate()
  }

  #lookForEnd(): void {
    if (this.#connections.size === 0 && this.#dialogues.areIdle) this.#onEnd?.()
  }
}
