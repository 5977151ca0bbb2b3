import {
  isMarkedAsUntransferable,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
} from 'node:worker_threads'
import { createRingMemory, RingReader, RingWriter } from './byte-ring.ts'
import type { Channel, Receiver } from './channel.ts'
import { bodyBytes, FrameBreach, frameBytes, frameFlag, headerBytes, InFrame, type OutFrame } from './frame.ts'

/** One thread's end of a link; structured-cloneable, its ports must be in the transfer list. */
export interface ThreadLink {
  readonly incoming: SharedArrayBuffer
  readonly outgoing: SharedArrayBuffer
  /** Carries nothing but wake-ups, both ways. */
  readonly wake: MessagePort
  /** Carries meta and body of frames that are too big for the ring, fetched when their header is read there. */
  readonly outside: MessagePort
}

const ringBytes = 256 * 1024

/** Frames above this go outside the ring: copying them through it costs more than a message with a transfer. */
const inlineBytes = 16 * 1024

/** Turns of the loop without a frame before a thread sleeps. Measured: 2 cost less CPU per event than 1, 4 or 9. */
const looksBeforeSleep = 2

/** What goes by the port: meta and body of one frame. */
interface Outside {
  meta: string
  body: Uint8Array<ArrayBuffer>
}

const nothing = new Uint8Array(0)

/** Memory of its own. A slice of Buffer's pool must never be transferred: that would take the pool from everybody. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // Not zeroed first, unlike `new Uint8Array`.
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}

/** A frame's body in memory of its own. */
function ownBody({ body, pieces }: OutFrame): Uint8Array<ArrayBuffer> | undefined {
  if (pieces === undefined) return body && copyOf(body)
  const joined = Buffer.allocUnsafeSlow(bodyBytes({ body, pieces }))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** Whether the bytes are all of their memory, and the memory can be transferred. An empty body is often one for all events. */
function isTransferable(bytes: Uint8Array | undefined): bytes is Uint8Array<ArrayBuffer> {
  if (!(bytes?.buffer instanceof ArrayBuffer) || bytes.byteLength === 0) return false
  return (
    bytes.byteLength === bytes.buffer.byteLength && !bytes.buffer.detached && !isMarkedAsUntransferable(bytes.buffer)
  )
}

/** Both ends of a link between two threads. */
export function createThreadLink(): { here: ThreadLink; there: ThreadLink; transfer: Transferable[] } {
  const toThere = createRingMemory(ringBytes)
  const toHere = createRingMemory(ringBytes)
  const wake = new MessageChannel()
  const outside = new MessageChannel()
  return {
    here: { incoming: toHere, outgoing: toThere, wake: wake.port1, outside: outside.port1 },
    there: { incoming: toThere, outgoing: toHere, wake: wake.port2, outside: outside.port2 },
    transfer: [wake.port2, outside.port2],
  }
}

/** How a thread wakes its peer. */
export interface WakeRules {
  /**
   * Once at the end of the loop's turn for all frames of the turn, which saves most wake-ups. Only for a thread that
   * never blocks: elsewhere a frame would wait for whatever runs next.
   */
  atTurnEnd: boolean
}

/** A channel over one end of a link. It keeps its thread alive while it is open. */
export function createThreadChannel(link: ThreadLink, rules: WakeRules = { atTurnEnd: false }): Channel {
  return new ThreadChannel(link, rules)
}

class ThreadChannel implements Channel {
  readonly #writer: RingWriter
  readonly #reader: RingReader
  readonly #wake: MessagePort
  readonly #outside: MessagePort
  readonly #pending: OutFrame[] = []
  readonly #flushWaiters: (() => void)[] = []
  #pendingBytes = 0
  #receiver: Receiver | undefined
  #draining = false
  #polling = false
  #idleLooks = 0
  #closed = false
  readonly #wakesAtTurnEnd: boolean
  #waking = false

  constructor(link: ThreadLink, { atTurnEnd }: WakeRules) {
    this.#wakesAtTurnEnd = atTurnEnd
    this.#writer = new RingWriter(link.outgoing)
    this.#reader = new RingReader(link.incoming)
    this.#wake = link.wake
    this.#outside = link.outside
  }

  send(frame: OutFrame): void {
    if (this.#closed) return
    if (this.#pending.length === 0 && this.#write(frame)) {
      this.#wakeReader()
      return
    }
    // A copy even of what is owned: who sent it must know at once whether its memory has been transferred.
    this.#pending.push({ ...frame, body: ownBody(frame), pieces: undefined, owned: true })
    this.#pendingBytes += frameBytes(frame)
    this.#flush()
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    this.#wake.on('message', () => this.#awake())
    this.#wake.on('close', () => this.close())
    this.#poll()
  }

  backlog(): number {
    return this.#pendingBytes
  }

  flushed(): Promise<void> {
    if (this.#closed || this.#pending.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#flushWaiters.push(resolve))
  }

  close(): void {
    if (this.#closed) return
    this.#drain()
    this.#end()
  }

  #end(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#pending.length = 0
    this.#pendingBytes = 0
    this.#settleFlush()
    this.#wake.close()
    this.#outside.close()
    this.#receiver?.onClose(error)
  }

  #awake(): void {
    if (this.#closed) return
    this.#flush()
    if (!this.#polling) this.#poll()
  }

  /**
   * Takes what is there, then looks again in the next turns of the loop before it sleeps: under load that saves most
   * wake-ups, and between two looks timers and sockets have their turn.
   */
  readonly #poll = (): void => {
    this.#polling = false
    if (this.#closed) return
    this.#idleLooks = this.#drain() === 0 ? this.#idleLooks + 1 : 0
    if (this.#idleLooks > looksBeforeSleep && this.#reader.sleep()) {
      this.#idleLooks = 0
      return
    }
    this.#polling = true
    setImmediate(this.#poll)
  }

  #drain(): number {
    if (this.#draining || this.#receiver === undefined) return 0
    this.#draining = true
    try {
      return this.#reader.drain(this.#deliver)
    } finally {
      this.#draining = false
      if (this.#reader.mustWakeWriter()) this.#wake.postMessage(0)
    }
  }

  readonly #deliver = (frame: InFrame): void => {
    if (this.#closed) return
    try {
      this.#receiver?.onFrame(frame.has(frameFlag.outside) ? this.#fetch(frame) : frame)
    } catch (error) {
      this.#end(error as Error)
    }
  }

  /** The whole frame of a header in the ring. Its message was posted before the header was written, so it is there. */
  #fetch(head: InFrame): InFrame {
    const message = receiveMessageOnPort(this.#outside)?.message as Outside | undefined
    if (message === undefined) throw new FrameBreach('a header whose message is missing')
    const { buffer, byteOffset, byteLength } = message.body
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    const { type, flags, code, id } = head
    return new InFrame({ type, flags, code, id, metaLength: 0, bodyLength: byteLength }, bytes, message.meta)
  }

  #flush(): void {
    if (this.#pending.length === 0 || this.#closed) return
    let count = this.#writePending()
    if (count < this.#pending.length) {
      this.#writer.waitForRoom()
      count += this.#writePending(count)
    }
    this.#pending.splice(0, count)
    if (count > 0) this.#wakeReader()
    if (this.#pending.length === 0) this.#settleFlush()
  }

  #wakeReader(): void {
    if (!this.#wakesAtTurnEnd) return this.#wakeNow()
    if (this.#waking) return
    this.#waking = true
    setImmediate(this.#wakeNow)
  }

  readonly #wakeNow = (): void => {
    this.#waking = false
    if (!this.#closed && this.#writer.mustWake()) this.#wake.postMessage(0)
  }

  /** Writes pending frames from `first` on while there is room; the number of them. */
  #writePending(first = 0): number {
    let index = first
    for (; index < this.#pending.length; index++) {
      const frame = this.#pending[index]
      if (frame === undefined || !this.#write(frame)) break
      this.#pendingBytes -= frameBytes(frame)
    }
    return index - first
  }

  #write(frame: OutFrame): boolean {
    if (frameBytes(frame) <= inlineBytes) return this.#writer.write(frame)
    if (!this.#writer.hasRoom(headerBytes)) return false
    const body = frame.owned && isTransferable(frame.body) ? frame.body : (ownBody(frame) ?? nothing)
    const message: Outside = { meta: frame.meta, body }
    this.#outside.postMessage(message, [body.buffer])
    return this.#writer.write({ ...frame, flags: frame.flags | frameFlag.outside })
  }

  #settleFlush(): void {
    for (const resolve of this.#flushWaiters.splice(0)) resolve()
  }
}
