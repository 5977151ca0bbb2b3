import type { Outcome } from '@pelton/core'
import type { ConnectionEvent } from './connection-event.ts'

/** What conversations ask of their owner. One for all of them. */
export interface ConversationPlan {
  /** Events that workers are given at a time. */
  readonly mostOpen: number
  /** Whether one more event may be handed out; when that changes, the owner calls `proceed`. */
  mayProceed(event: ConnectionEvent): boolean
  dispatch(event: ConnectionEvent): Promise<Outcome>
  /** Whether no handler has seen the event and it has to be handed out again. */
  isUnhandled(outcome: Outcome, event: ConnectionEvent): boolean
  /** Sends what became of an event; a promise when that takes time. Never throws or rejects. */
  deliver(outcome: Outcome, event: ConnectionEvent): Promise<void> | undefined
  /** An event is done with. */
  advanced(event: ConnectionEvent): void
}

interface Turn {
  readonly event: ConnectionEvent
  outcome: Outcome | undefined
}

/**
 * Events in the order in which they happened, several of them at a time with workers, and their outcomes delivered in the
 * same order. The begin and the end of a connection are alone: all before them is done with, and what follows waits.
 */
export class Conversation {
  /** Bytes of events that are not done with. */
  bytes = 0
  readonly #plan: ConversationPlan
  readonly #turns: Turn[] = []
  /** How many of the first turns workers have been given. */
  #given = 0
  #isDelivering = false

  constructor(plan: ConversationPlan) {
    this.#plan = plan
  }

  /** Events that are not done with. */
  get length(): number {
    return this.#turns.length
  }

  add(event: ConnectionEvent): void {
    this.#turns.push({ event, outcome: undefined })
    this.bytes += event.body.byteLength
    this.proceed()
  }

  /** Hands out what may be handed out now. */
  proceed(): void {
    for (let turn = this.#next(); turn; turn = this.#next()) {
      this.#given += 1
      this.#hand(turn)
    }
  }

  /** Forgets events that have not been handed out; how many. */
  drop(isDropped: (event: ConnectionEvent) => boolean): number {
    const before = this.#turns.length
    const kept = this.#turns.slice(this.#given).filter(({ event }) => !isDropped(event))
    this.#turns.length = this.#given
    this.#turns.push(...kept)
    this.bytes = this.#turns.reduce((sum, { event }) => sum + event.body.byteLength, 0)
    return before - this.#turns.length
  }

  #next(): Turn | undefined {
    const next = this.#turns[this.#given]
    if (!next || this.#given >= this.#plan.mostOpen) return undefined
    const isAlone = next.event.type !== undefined || this.#turns[0]?.event.type !== undefined
    if (isAlone && this.#given > 0) return undefined
    return this.#plan.mayProceed(next.event) ? next : undefined
  }

  #hand(turn: Turn): void {
    void this.#plan.dispatch(turn.event).then((outcome) => {
      if (this.#plan.isUnhandled(outcome, turn.event)) return this.#hand(turn)
      turn.outcome = outcome
      if (!this.#isDelivering) this.#deliver()
    })
  }

  #deliver(): void {
    for (let first = this.#turns[0]; first?.outcome; first = this.#turns[0]) {
      const delivering = this.#plan.deliver(first.outcome, first.event)
      if (delivering) return this.#deliverAfter(delivering)
      this.#leave()
    }
  }

  #deliverAfter(delivering: Promise<void>): void {
    this.#isDelivering = true
    void delivering.then(() => {
      this.#isDelivering = false
      this.#leave()
      this.#deliver()
    })
  }

  #leave(): void {
    const turn = this.#turns.shift()
    if (!turn) return
    this.#given -= 1
    this.bytes -= turn.event.body.byteLength
    this.proceed()
    this.#plan.advanced(turn.event)
  }
}
