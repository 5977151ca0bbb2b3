import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const lingerMs = 2_000
const mostPending = 64
/** One read from a socket may hold this many small requests before reading can be paused. */
const absurdlyPending = 4_096

/** A request that can be answered with a refusal. */
export interface Refusable {
  refuse(status: number, text: string): void
}

/** One client's connection: who waits on it, whether it stays open, and how it ends so that answers arrive. */
export class Connection {
  readonly socket: Socket
  readonly remoteAddress: string
  readonly secure: boolean
  /** The request whose body is arriving. */
  receiving: Refusable | undefined
  /** What follows the request that begins now is lost: its answer is the last. */
  losesRest = false
  /** No request is taken any more. */
  ending = false
  /** Its last answer goes on and on: a request behind it would never be answered. */
  isPushing = false
  #last: ServerResponse | undefined
  #pending = 0
  #paused = false
  #lingers = false
  #gone: AbortController | undefined
  #left = false
  #idleSince = performance.now()
  #bytesRead = 0

  constructor(socket: Socket, secure: boolean) {
    this.socket = socket
    this.secure = secure
    this.remoteAddress = socket.remoteAddress ?? ''
    socket.once('close', this.#leave)
    socket.once('end', this.#leave)
  }

  /** Aborts when the client leaves. */
  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#left) this.#gone.abort()
    return this.#gone.signal
  }

  /** Every request so far has been answered, to the last byte. */
  get isQuiet(): boolean {
    return this.#pending === 0 && (!this.#last || this.#last.writableFinished || this.#last.destroyed)
  }

  /** From now on there is one answer that ends with the connection. */
  beginPush(): void {
    this.ending = this.isPushing = true
  }

  /** Lets go of the socket, which speaks another protocol from now on. */
  handOver(): void {
    const { socket } = this
    this.ending = true
    socket.off('close', this.#leave)
    socket.off('end', this.#leave)
    socket.setTimeout(0)
  }

  /** Whether an answer is the newest of its connection: only that one may say `close`. */
  isLast(answer: ServerResponse): boolean {
    return this.#last === answer
  }

  /** Counts a request; a client that pipelines too many is not read for a while. */
  begin(answer: ServerResponse): void {
    this.#last = answer
    this.#pending += 1
    if (this.#pending < mostPending) return
    if (this.#pending > absurdlyPending) this.socket.destroy()
    else if (!this.#paused) this.#pause()
  }

  /** Counts an answer that has been given to the socket in full. */
  finish(): void {
    this.#pending -= 1
    this.#idleSince = performance.now()
    if (!this.#paused || this.#pending > mostPending / 2) return
    this.#paused = false
    this.socket.resume()
  }

  /**
   * A body was refused: what still arrives is read for a while after the last answer, because closing at once
   * would send a reset that throws away the answer before the client has read it.
   */
  refuseRest(): void {
    this.ending = this.#lingers = true
    const { socket } = this
    // `node:http` ends a connection by it after its last answer.
    const destroySoon = socket.destroySoon
    socket.destroySoon = () => {
      socket.destroySoon = destroySoon
      this.#linger()
    }
  }

  /** Ends the connection once the answers given so far are written, with `farewell` as the last words. */
  part(farewell: string): void {
    this.ending = true
    const last = this.#last
    if (!last || last.writableFinished || last.destroyed) return this.#write(farewell)
    last.once('finish', () => this.#write(farewell))
  }

  /** Ends the connection now if nothing is in flight on it. */
  endIfIdle(): void {
    if (this.#pending > 0 || this.#lingers) return
    this.ending = true
    this.socket.destroySoon()
  }

  /** Ends the connection once its last answer is written. */
  endWhenWritten(): void {
    if (this.#pending === 0) this.part('')
  }

  /** Its time begins anew: the process was asleep, and what the client did meanwhile has not been read yet. */
  beginAnew(now: number, idleTimeoutMs: number): void {
    this.#idleSince = now
    if ((this.socket.timeout ?? 0) > 0) this.socket.setTimeout(idleTimeoutMs)
  }

  /** Closes a connection that has been idle for longer than allowed, and guards an answer that nobody takes. */
  sweep(now: number, idleTimeoutMs: number): void {
    const { socket } = this
    if (socket.bytesRead !== this.#bytesRead) {
      this.#bytesRead = socket.bytesRead
      this.#idleSince = now
    }
    const guarded = (socket.timeout ?? 0) > 0
    if (socket.writableLength > 0) {
      if (!guarded) socket.setTimeout(idleTimeoutMs)
    } else {
      if (guarded) socket.setTimeout(0)
      if (this.#pending === 0 && now - this.#idleSince > idleTimeoutMs) socket.destroy()
    }
  }

  #write(farewell: string): void {
    const { socket } = this
    if (!socket.writable) return
    if (farewell !== '') socket.write(farewell, 'latin1')
    if (farewell === '') socket.destroySoon()
    else this.#linger()
  }

  #linger(): void {
    const { socket } = this
    if (socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
    socket.once('close', () => clearTimeout(timer))
    socket.once('end', () => socket.destroySoon())
    socket.end()
  }

  #pause(): void {
    this.#paused = true
    // The parser asks for more at the end of each message, one tick later; only after that a pause lasts.
    process.nextTick(() =>
      process.nextTick(() => {
        if (this.#paused) this.socket.pause()
      }),
    )
  }

  readonly #leave = (): void => {
    if (this.#left) return
    this.#left = true
    this.#gone?.abort()
  }
}
