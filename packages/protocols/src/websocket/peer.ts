import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '@pelton/core'
import { closeCodes, closePayload, isCloseCode } from './close-code.ts'
import { type Inflated, inflateLater, inflateNow } from './deflate.ts'
import { type Flushed, flushSoon } from './flush-soon.ts'
import { FrameParser, type FrameReceiver, opcodes } from './frame-parser.ts'
import { FrameWriter, frameBits } from './frame-writer.ts'
import { Liveness } from './liveness.ts'
import { Outbox } from './outbox.ts'
import type { PeerEnd, PeerEvents, PeerOptions, WebSocketPeer } from './peer-options.ts'
import { type Swept, sweepOf } from './sweep.ts'

const defaultCloseTimeoutMs = 5_000
/** A peer that takes fewer bytes a millisecond may lose the last of what was sent before a close: 2 Mbit/s. */
const leastTakenPerMs = 256
/** Pongs that may wait beside each other; beyond it the latest replaces the one before (RFC 6455 §5.5.3). */
const mostPongBytes = 4_096
const noBytes = new Uint8Array(0)

/** Speaks WebSocket on a connection whose handshake is done. Everything that is sent in one turn leaves in one write. */
export function createPeer(socket: Duplex, options: PeerOptions, events: PeerEvents): WebSocketPeer {
  const peer = new Peer(socket, options, events)
  listen(socket, peer)
  if (options.early && options.early.length > 0 && !socket.destroyed) socket.unshift(options.early)
  return peer
}

const owner = Symbol('peer')

interface PeerSocket extends Duplex {
  [owner]?: Peer
}

/** Functions instead of closures: there may be ten thousand connections. */
function listen(socket: PeerSocket, peer: Peer): void {
  socket[owner] = peer
  socket.on('error', onError)
  socket.on('end', onEnd)
  if (socket.closed) process.nextTick(onClose.bind(socket))
  else socket.on('close', onClose)
  // Whoever asked for the peer has it before it tells anything.
  socket.pause()
  socket.on('drain', onDrain)
  socket.on('data', onData)
  setImmediate(readOn, peer)
}

function onData(this: PeerSocket, chunk: Buffer): void {
  this[owner]?.receive(chunk)
}

function onDrain(this: PeerSocket): void {
  this[owner]?.flush()
}

function onEnd(this: PeerSocket): void {
  this[owner]?.onSocketEnd()
}

function onError(this: PeerSocket, error: Error): void {
  this[owner]?.onSocketError(error)
}

function onClose(this: PeerSocket): void {
  this[owner]?.onSocketClose()
}

class Peer implements WebSocketPeer, FrameReceiver, Flushed, Swept {
  readonly subprotocol: string
  readonly #socket: Duplex
  readonly #events: PeerEvents
  readonly #clock: Clock
  readonly #parser: FrameParser
  readonly #writer: FrameWriter
  readonly #liveness: Liveness
  readonly #outbox: Outbox | undefined
  readonly #isServer: boolean
  readonly #maxMessageBytes: number
  readonly #closeTimeoutMs: number
  /** Set with the first close frame, sent or received. */
  #end: PeerEnd | undefined
  /** What ended a connection without a close frame. */
  #fault = ''
  /** When it began to close, or is going to have sent all that waited then, in whole milliseconds; -1 while it is open. */
  #closingAt = -1
  /** Nothing is sent after what waits now. */
  #hangsUp = false
  #isReading = false
  #isPaused = false
  #isInflating = false
  #isFlushDue = false
  /** A message that was inflated during a pause. */
  #inflated: { result: Inflated; isText: boolean } | undefined
  /** The latest that could not be sent yet, and what has been sent this turn. */
  #pong: Buffer | undefined
  #pongBytes = 0
  #onWritten: ((error?: Error | null) => void) | undefined

  constructor(socket: Duplex, options: PeerOptions, events: PeerEvents) {
    const { clock = systemClock, deflate, pingIntervalMs, idleTimeoutMs } = options
    this.#socket = socket
    this.#events = events
    this.#clock = clock
    this.#isServer = options.role === 'server'
    this.#maxMessageBytes = options.maxMessageBytes
    this.#closeTimeoutMs = options.closeTimeoutMs ?? defaultCloseTimeoutMs
    this.subprotocol = options.subprotocol ?? ''
    this.#parser = new FrameParser(this, {
      isMasked: this.#isServer,
      maxMessageBytes: options.maxMessageBytes,
      isCompressible: deflate !== undefined,
      isDiscarding: events.message === undefined,
    })
    this.#writer = new FrameWriter(!this.#isServer)
    this.#outbox = deflate && new Outbox(this.#writer, deflate, () => this.#flushSoon())
    this.#liveness = new Liveness(pingIntervalMs, idleTimeoutMs, Math.round(clock.now()))
    const shortestMs = Math.min(pingIntervalMs || Infinity, idleTimeoutMs || Infinity)
    if (shortestMs < Infinity) sweepOf(clock).add(this, shortestMs / 4)
  }

  get isOpen(): boolean {
    return this.#closingAt < 0 && !this.#socket.destroyed
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#writer.bytes + (this.#outbox?.bytes ?? 0)
  }

  send(data: Uint8Array, isText: boolean): boolean {
    if (!this.isOpen) return false
    this.#liveness.act()
    this.#post(isText ? opcodes.text : opcodes.binary, data)
    return true
  }

  close(code: number = closeCodes.normal, reason = ''): void {
    if (!this.isOpen) return
    this.#sendClose({ code: isCloseCode(code) ? code : closeCodes.normal, reason, clean: false })
    // The peer's close frame comes behind what it has sent so far.
    this.#parser.discard()
    this.resume()
  }

  terminate(): void {
    this.#socket.destroy()
  }

  pause(): void {
    if (!this.isOpen) return
    this.#isPaused = true
    this.#hold()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    process.nextTick(readOn, this)
  }

  receive(chunk: Buffer): void {
    this.#liveness.hear()
    this.#isReading = true
    try {
      this.#parser.push(chunk)
    } finally {
      this.#stopReading()
    }
  }

  /** Goes on after a pause or an inflation, unless there is another reason to wait. */
  readOn(): void {
    if (this.#isPaused || this.#isInflating) return
    this.#isReading = true
    try {
      this.#deliverInflated()
      if (!this.#isPaused) this.#parser.release()
    } finally {
      this.#stopReading()
    }
    if (!this.#isPaused && !this.#isInflating) this.#socket.resume()
  }

  onMessage(data: Buffer, isText: boolean, isCompressed: boolean): void {
    this.#liveness.act()
    if (isCompressed) this.#inflate(data, isText)
    else this.#events.message?.(data, isText)
  }

  onPing(data: Buffer): void {
    if (!this.isOpen) return
    if (this.#socket.writableNeedDrain || this.#pongBytes > mostPongBytes) this.#pong = data
    else this.#sendPong(data)
  }

  onClose(code: number, reason: string): void {
    if (this.#end) this.#end.clean = true
    else this.#sendClose({ code, reason, clean: true })
    // RFC 6455 §7.1.1: the server ends the connection first.
    this.#hangsUp = this.#isServer
  }

  onFault(code: number, reason: string): void {
    if (!this.#end) this.#sendClose({ code, reason, clean: false })
    this.#hangsUp = true
  }

  onSocketEnd(): void {
    if (!this.#end) this.#fault ||= 'the peer left without a close frame'
    this.#hangsUp = true
    this.#startClosing()
    this.flush()
  }

  onSocketError(error: Error): void {
    this.#fault ||= error.message
  }

  onSocketClose(): void {
    this.#closingAt = Math.max(0, this.#closingAt)
    sweepOf(this.#clock).delete(this)
    this.#parser.stop()
    this.#writer.clear()
    this.#outbox?.clear()
    this.#pong = this.#inflated = undefined
    this.#events.closed(this.#end ?? { code: closeCodes.abnormal, reason: this.#fault, clean: false })
  }

  sweep(now: number): void {
    if (this.#closingAt >= 0) return this.#sweepClosing(now)
    if (this.#isPaused || this.#isInflating) {
      this.#liveness.hear()
      this.#liveness.act()
    }
    const silence = this.#liveness.look(now)
    if (silence === 'idle') this.close(closeCodes.goingAway, 'idle')
    else if (silence === 'dead') this.#socket.destroy(new Error('no answer to a ping'))
    else if (silence === 'ping') this.#sendPing()
  }

  /** The timeout is for the answer to a close frame, which comes once the peer has taken all that was sent before. */
  #sweepClosing(now: number): void {
    if (this.bufferedBytes === 0) this.#closingAt = Math.min(this.#closingAt, now)
    if (now - this.#closingAt >= this.#closeTimeoutMs) this.#socket.destroy()
  }

  /** Gives everything that waits to the socket. */
  flush(): void {
    this.#isFlushDue = false
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return this.#writer.clear()
    if (this.#pong && !socket.writableNeedDrain) this.#sendPong(this.#pong)
    if (this.#writer.bytes > 0) this.#write(this.#writer.take())
    this.#pongBytes = 0
    if (this.#hangsUp && !this.#outbox?.bytes) socket.end()
  }

  #post(opcode: number, data: Uint8Array): void {
    if (this.#outbox) this.#outbox.add(opcode, data)
    else this.#writer.add(frameBits.final | opcode, data)
    this.#flushSoon()
  }

  #sendClose(end: PeerEnd): void {
    this.#end = end
    this.#post(opcodes.close, closePayload(end.code, end.reason))
    this.#startClosing()
  }

  #sendPong(data: Buffer): void {
    this.#pong = undefined
    this.#pongBytes += data.length + 2
    this.#writer.add(frameBits.final | opcodes.pong, data)
  }

  #sendPing(): void {
    this.#writer.add(frameBits.final | opcodes.ping, noBytes)
    this.#flushSoon()
  }

  #startClosing(): void {
    if (this.#closingAt >= 0) return
    const takingMs = this.bufferedBytes / leastTakenPerMs
    this.#closingAt = Math.round(this.#clock.now() + takingMs)
    sweepOf(this.#clock).add(this, this.#closeTimeoutMs / 4)
  }

  #flushSoon(): void {
    if (this.#isReading || this.#isFlushDue) return
    this.#isFlushDue = true
    flushSoon(this)
  }

  #stopReading(): void {
    this.#isReading = false
    if (this.#writer.bytes > 0 || this.#pong || this.#hangsUp) this.flush()
  }

  #write(pieces: Uint8Array[]): void {
    const socket = this.#socket
    const last = pieces.pop()
    if (!last) return
    // What the socket could not take any more has not been taken.
    if (this.#events.drained)
      this.#onWritten ??= (error) => !error && this.bufferedBytes === 0 && this.#events.drained?.()
    if (pieces.length === 0) return void socket.write(last, this.#onWritten)
    socket.cork()
    for (const piece of pieces) socket.write(piece)
    socket.write(last, this.#onWritten)
    socket.uncork()
  }

  #hold(): void {
    this.#parser.hold()
    this.#socket.pause()
  }

  #inflate(data: Buffer, isText: boolean): void {
    const result = inflateNow(data, isText, this.#maxMessageBytes)
    if (result) return this.#deliver(result, isText)
    this.#isInflating = true
    this.#hold()
    void inflateLater(data, isText, this.#maxMessageBytes).then((late) => {
      this.#isInflating = false
      this.#inflated = { result: late, isText }
      this.readOn()
    })
  }

  #deliverInflated(): void {
    const inflated = this.#inflated
    this.#inflated = undefined
    if (inflated && this.isOpen) this.#deliver(inflated.result, inflated.isText)
  }

  #deliver(result: Inflated, isText: boolean): void {
    if ('data' in result) return this.#events.message?.(result.data, isText)
    this.#parser.stop()
    this.onFault(result.code, result.reason)
  }
}

function readOn(peer: Peer): void {
  peer.readOn()
}
