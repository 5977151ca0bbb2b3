import { Buffer } from 'node:buffer'
import { IncomingMessage } from './node-http.ts'

const nothing = Buffer.alloc(0)

/** Told what becomes of a body: `end` once with all of it, or `tooLarge` once when it passes the limit. */
export interface BodyReceiver {
  end(body: Buffer): void
  tooLarge(): void
}

/**
 * A request that takes its body from the parser without the machinery of streams, which costs more than a small
 * request's own work. The parser hands chunks to `push`, and `null` at the end.
 */
export class Incoming extends IncomingMessage {
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #size = 0
  #maxBytes = 0
  #receiver: BodyReceiver | undefined
  #ended = false

  /** Collects up to `maxBytes`; without it the body is dropped as it arrives. */
  receive(maxBytes: number, receiver: BodyReceiver): void {
    this.#maxBytes = maxBytes
    this.#receiver = receiver
  }

  override push(chunk: unknown): boolean {
    if (chunk === null) this.#end()
    else if (this.#receiver) this.#keep(chunk as Buffer)
    return true
  }

  /** `node:http` calls it to drop what was not read; nothing is held here. */
  _dump(): void {
    this.#receiver = undefined
  }

  static {
    // Lets `node:http` forget a request once it is answered.
    Object.defineProperty(this.prototype, 'readableEnded', {
      get(this: Incoming) {
        return this.#ended
      },
    })
  }

  #keep(chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) return this.#refuse()
    if (!this.#first) this.#first = chunk
    else (this.#more ??= [this.#first]).push(chunk)
  }

  #refuse(): void {
    const receiver = this.#receiver
    this.#receiver = this.#first = this.#more = undefined
    receiver?.tooLarge()
  }

  #end(): void {
    this.#ended = true
    const receiver = this.#receiver
    if (!receiver) return
    const body = this.#more ? Buffer.concat(this.#more, this.#size) : (this.#first ?? nothing)
    this.#receiver = this.#first = this.#more = undefined
    receiver.end(body)
  }
}
