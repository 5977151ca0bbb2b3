import { randomUUID } from 'node:crypto'
import type { Bytes, EventData, FieldMap, HeaderMap } from '@pelton/core'
import type { Direction } from './direction.ts'
import { headerMapOf } from './flat-headers.ts'

/** 1: the request's headers, 2: its body, 4: the response's headers, 5: its body. */
export type Phase = 1 | 2 | 4 | 5

/** What an event of a direction is made of. */
export interface PartContent {
  phase: Phase
  /** Plain, as far as it could be decompressed. */
  body: Bytes
  endOfStream: boolean
}

/**
 * A request or a response, or a piece of its body, as an event. Nothing of it is made before somebody asks: most handlers
 * look at a header or two.
 */
export class PartEvent implements EventData {
  readonly id: string = randomUUID()
  readonly trigger: { readonly kind: string; readonly name: string }
  readonly body: Bytes
  readonly #direction: Direction
  readonly #phase: Phase
  readonly #endOfStream: boolean
  readonly #timestampMs = Date.now()
  #headers: HeaderMap | undefined

  constructor(trigger: { kind: string; name: string }, direction: Direction, content: PartContent) {
    this.trigger = trigger
    this.body = content.body
    this.#direction = direction
    this.#phase = content.phase
    this.#endOfStream = content.endOfStream
  }

  get attempt(): number {
    return 1
  }

  get timestamp(): Date {
    return new Date(this.#timestampMs)
  }

  get method(): string {
    return this.#direction.line.method
  }

  get path(): string {
    return this.#direction.line.path
  }

  get url(): string {
    return this.#direction.line.url
  }

  get contentType(): string {
    return this.#direction.contentType
  }

  get headers(): HeaderMap {
    if (this.#headers) return this.#headers
    const headers = headerMapOf(this.#direction.headers)
    headers['processing-phase'] = String(this.#phase)
    return (this.#headers = headers)
  }

  /** Functions that were written for this source know its lower-case names. */
  get keepsHeaders(): boolean {
    return true
  }

  /** What goes back is bytes again: a handler that only appends something must not be given an object. */
  get keepsBody(): boolean {
    return true
  }

  get fields(): FieldMap {
    return this.#direction.fields
  }

  get shardId(): number {
    return -1
  }

  get offset(): number {
    return 0
  }

  get topic(): string {
    return ''
  }

  get extra(): Readonly<Record<string, unknown>> {
    return { phase: this.#phase, endOfStream: this.#endOfStream, ...this.#direction.facts }
  }
}
