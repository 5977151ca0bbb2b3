import type { ProcessingRequest } from '@pelton/protocols/ext-proc'
import type { Side } from './side.ts'

/** More bytes than these that wait for a handler, and nothing is read until they are gone. */
const mostWaitingBytes = 1024 * 1024
/** The same of messages, which may be empty. */
const mostWaiting = 1024

interface Waiting {
  message: ProcessingRequest
  arrivedAt: number
}

/** Gives the messages of one direction to its side, one after another, and sees that they come in an order that makes sense. */
export class Lane {
  readonly side: Side
  readonly #onSettled: () => void
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  #isBusy = false
  /** 0: nothing has come; 1: headers; 2: the body, or a piece; 3: its end. */
  #stage = 0

  constructor(side: Side, onSettled: () => void) {
    this.side = side
    this.#onSettled = onSettled
  }

  /** A reply is still to be made. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** So much waits that nothing more should be read. */
  get isFull(): boolean {
    return this.#waitingBytes > mostWaitingBytes || this.#waiting.length > mostWaiting
  }

  /** Takes a message in its turn; false when it comes at the wrong time. */
  take(message: ProcessingRequest, arrivedAt: number): boolean {
    if (!this.#follows(message)) return false
    this.#noteDirection(message)
    if (this.#isBusy) {
      this.#waiting.push({ message, arrivedAt })
      this.#waitingBytes += message.body.byteLength
    } else this.#give(message, arrivedAt)
    return true
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  #give(message: ProcessingRequest, arrivedAt: number): void {
    const turn = this.side.take(message, arrivedAt)
    if (!turn) return
    this.#isBusy = true
    void turn.then(() => {
      this.#isBusy = false
      this.#giveWaiting()
      this.#onSettled()
    })
  }

  #giveWaiting(): void {
    while (!this.#isBusy) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#waitingBytes -= next.message.body.byteLength
      this.#give(next.message, next.arrivedAt)
    }
  }

  /** Headers may be left out, and so may all the rest; what comes, comes in order, and nothing behind the end. */
  #follows({ part, endOfStream }: ProcessingRequest): boolean {
    const { parts } = this.side.facts
    const stage = part === parts.headers ? 1 : part === parts.body ? 2 : 3
    if (this.#stage === 3 || (stage === 1 && this.#stage > 0)) return false
    this.#stage = endOfStream ? 3 : stage
    return true
  }

  #noteDirection({ part, headers, attributes, metadata }: ProcessingRequest): void {
    const { parts, direction } = this.side.facts
    if (part === parts.headers) direction.headers = headers
    else if (part === parts.trailers) direction.trailers = headers
    if (attributes) direction.attributes = { ...direction.attributes, ...attributes }
    if (metadata) direction.metadata = metadata
  }
}
