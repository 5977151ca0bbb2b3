import { type Bytes, type Clock, type PeltonError, formatDuration } from '@pelton/core'
import { type ConnectOptions, type PeerEnd, type WebSocketPeer, connectWebSocket } from '@pelton/protocols/websocket'
import { errors } from '../../errors.ts'

/** Where a connection goes, and how patient it is. */
export interface ConnectionTarget {
  url: string
  /** The url without credentials and query, for messages. */
  shown: string
  /** How long the receiver may take for what was sent. */
  timeoutMs: number
  clock: Clock
}

/**
 * What may wait for the system while the next message is taken: enough for many small ones to leave together, little
 * to lose with the connection.
 */
const mostWaitingBytes = 64 * 1024

/** A promise that waits for room, or for the end. */
type Waiting = PromiseWithResolvers<void>

/** One connection to a server, from its handshake to its end; `lost` is told when that was not asked for. */
export class Connection {
  readonly #target: ConnectionTarget
  readonly #lost: (error: PeltonError) => void
  readonly #connecting = new AbortController()
  /** Resolved when all that was sent has left; rejected at the end. */
  readonly #waiting = new Set<Waiting>()
  #peer: WebSocketPeer | undefined
  #isClosing = false
  /** What ended it. */
  #failure: PeltonError | undefined

  constructor(target: ConnectionTarget, lost: (error: PeltonError) => void) {
    this.#target = target
    this.#lost = lost
  }

  /** Connects; rejects when it cannot, or was closed meanwhile. */
  async open(options: () => Promise<ConnectOptions>): Promise<void> {
    const given = { ...(await options()), signal: this.#connecting.signal }
    const peer = await connectWebSocket(this.#target.url, given, {
      closed: (end) => this.#end(end),
      drained: () => this.#drain(),
    })
    this.#peer = peer
    if (!this.#isClosing) return
    peer.terminate()
    throw this.#reason()
  }

  /** Sends a message; resolves when there is room for the next. Rejects when the connection is gone, once `lost` was told. */
  async send(body: Bytes, isText: boolean): Promise<void> {
    const peer = this.#peer
    if (!peer || this.#isClosing) throw this.#reason()
    const isSent = peer.send(body, isText)
    if (isSent && peer.bufferedBytes <= mostWaitingBytes) return
    const timer = this.#target.clock.after(this.#target.timeoutMs, () => this.#giveUp(peer))
    try {
      // When the other end has begun to close, nothing was sent and nothing drains: the end comes in a moment.
      await this.#wait()
    } finally {
      timer.cancel()
    }
  }

  /** Lets all that was sent leave, says good-bye, and cuts the connection at the deadline. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true
    this.#connecting.abort()
    const peer = this.#peer
    if (!peer) return
    const timer = this.#target.clock.after(deadlineMs, () => peer.terminate())
    // Whether it left or was cut off, the write that waited for it is told.
    if (peer.bufferedBytes > 0) await this.#wait().catch(() => undefined)
    peer.close()
    // It ends by a rejection; it was asked for.
    while (this.#peer) await this.#wait().catch(() => undefined)
    timer.cancel()
  }

  #wait(): Promise<void> {
    const waiting = Promise.withResolvers<void>()
    this.#waiting.add(waiting)
    return waiting.promise
  }

  #settle(how: (waiting: Waiting) => void): void {
    const all = [...this.#waiting]
    this.#waiting.clear()
    all.forEach(how)
  }

  /** What a connection that has ended still held is gone, not drained. */
  #drain(): void {
    if (this.#peer?.isOpen) this.#settle((waiting) => waiting.resolve())
  }

  #giveUp(peer: WebSocketPeer): void {
    this.#failure ??= this.#lostError(`it took nothing for ${formatDuration(this.#target.timeoutMs)}`)
    peer.terminate()
  }

  #end({ code, reason }: PeerEnd): void {
    this.#peer = undefined
    if (!this.#isClosing) {
      this.#failure ??= this.#lostError(endText(code, reason))
      this.#lost(this.#failure)
    }
    this.#settle((waiting) => waiting.reject(this.#reason()))
  }

  #reason(): PeltonError {
    return this.#failure ?? this.#lostError('the sink was closed')
  }

  #lostError(reason: string): PeltonError {
    return errors.websocket_lost({ url: this.#target.shown, reason })
  }
}

function endText(code: number, reason: string): string {
  const detail = reason === '' ? '' : `: ${reason}`
  return code === 1006 ? `it broke off${detail}` : `it was closed with ${code}${detail}`
}
