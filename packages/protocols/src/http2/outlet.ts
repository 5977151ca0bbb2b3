import type { Socket } from 'node:net'
import { flushSoon } from '../websocket/flush-soon.ts'
import type { FrameWriter } from './frame-writer.ts'
import { defaultFrameBytes, defaultWindow } from './http2-codes.ts'

/** Above so many bytes that the socket has not taken, DATA waits in its streams. */
const highWater = 256 * 1024

/** A stream that sends. */
export interface Sender {
  /** Whether it is among those that wait; the outlet's own. */
  isWaiting: boolean
  /** What the stream's own window lets it send at once, 0 when nothing waits or the window is closed. */
  readonly sendable: number
  /** Sends at most so many of the bytes that wait, as one frame. */
  sendTurn(mostBytes: number): void
  /** The socket has taken `takenBytes` of all that the connection ever sent. False: tell it again. */
  settle(takenBytes: number): boolean
  /** The connection is lost. */
  lost(): void
}

/**
 * The way out of one connection: what is sent in a turn of the event loop leaves in one write, and streams that wait
 * for the peer's window or the socket take turns.
 */
export class Outlet {
  readonly writer: FrameWriter
  /** Bytes that the peer takes on all streams together. */
  window = defaultWindow
  /** Most bytes of a frame that the peer takes. */
  maxFrameBytes = defaultFrameBytes
  /** Of the bytes that the writer ever gathered, those that the socket has taken. */
  takenBytes = 0
  readonly #socket: Socket
  readonly #onAllTaken: () => void
  #waiting: Sender[] = []
  #nextTurn = 0
  #touched: Sender[] = []
  #isDue = false

  /** `onAllTaken` is called whenever nothing is left. */
  constructor(socket: Socket, writer: FrameWriter, onAllTaken: () => void) {
    this.#socket = socket
    this.writer = writer
    this.#onAllTaken = onAllTaken
  }

  /** Bytes that the socket has not taken. */
  get untakenBytes(): number {
    return this.writer.totalBytes - this.takenBytes
  }

  get isBlocked(): boolean {
    return this.writer.totalBytes - this.takenBytes >= highWater
  }

  /** Something was written, or may be. */
  flushLater(): void {
    if (this.#isDue) return
    this.#isDue = true
    flushSoon(this)
  }

  /** The sender is told when what it wrote has been taken. */
  touch(sender: Sender): void {
    this.#touched.push(sender)
    this.flushLater()
  }

  /** The sender's bytes go out in turn. */
  wait(sender: Sender): void {
    if (!sender.isWaiting) this.#queue(sender)
    this.flushLater()
  }

  /** Drops what was not sent. */
  clear(): void {
    const touched = this.#touched
    this.#touched = []
    this.#waiting = []
    this.#nextTurn = 0
    this.writer.clear()
    for (const sender of touched) sender.lost()
  }

  flush(): void {
    this.#isDue = false
    for (;;) {
      this.#takeTurns()
      if (this.writer.isEmpty || !this.#socket.writable) break
      this.writer.flush(this.#socket, this.#onTaken)
      if (this.#socket.writableLength > 0) break
      this.takenBytes = this.writer.totalBytes
    }
    this.#settle()
  }

  readonly #onTaken = (): void => {
    if (this.#socket.destroyed || this.#socket.writableLength > 0 || this.takenBytes === this.writer.totalBytes) return
    if (this.writer.isEmpty) this.takenBytes = this.writer.totalBytes
    if (this.#nextTurn < this.#waiting.length || this.#touched.length > 0 || !this.writer.isEmpty) this.flush()
    else this.#onAllTaken()
  }

  /** One frame each, round and round: who has more goes to the end. Who cannot send asks again once it can. */
  #takeTurns(): void {
    while (this.#nextTurn < this.#waiting.length) {
      if (this.window <= 0 || this.isBlocked) return this.#forgetTurns()
      const sender = this.#waiting[this.#nextTurn++] as Sender
      sender.isWaiting = false
      const most = Math.min(sender.sendable, this.window, this.maxFrameBytes)
      if (most <= 0) continue
      sender.sendTurn(most)
      if (sender.sendable > 0) this.#queue(sender)
    }
    this.#forgetTurns()
  }

  #queue(sender: Sender): void {
    sender.isWaiting = true
    this.#waiting.push(sender)
  }

  #forgetTurns(): void {
    if (this.#nextTurn === 0) return
    this.#waiting.splice(0, this.#nextTurn)
    this.#nextTurn = 0
  }

  #settle(): void {
    if (this.#touched.length > 0) {
      const touched = this.#touched
      this.#touched = []
      for (const sender of touched) if (!sender.settle(this.takenBytes)) this.#touched.push(sender)
    }
    if (this.untakenBytes === 0) this.#onAllTaken()
  }
}
