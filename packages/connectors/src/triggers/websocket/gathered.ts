import type { Bytes } from '@pelton/core'

/** What has arrived since the last tick, until it is an event. */
export interface Gathered {
  /** Takes a message in; it may keep the bytes. */
  add(data: Bytes): void
  /** What there is to hand out now, as bytes of its own; undefined when nothing new has come. */
  take(): Bytes | undefined
}

/** Keeps the last message only. An empty one replaces another and is never handed out. */
export class LastMessage implements Gathered {
  #data: Bytes | undefined

  add(data: Bytes): void {
    this.#data = data
  }

  take(): Bytes | undefined {
    const data = this.#data
    this.#data = undefined
    return data && data.byteLength > 0 ? data : undefined
  }
}
