import type { DispatchOptions, EventData, Outcome, PeltonError, Task } from '@pelton/core'
import { errors } from '../errors.ts'

/** An event, or what makes it when a worker is free. */
export type EventSource = EventData | (() => EventData | undefined)

/** An event on its way to a worker. */
export interface GivenEvent {
  /** The event itself once it has been made. */
  source: EventSource
  readonly options: DispatchOptions
  /** From 1: how often it has been handed out, but for when it was only recalled. */
  attempt: number
  /** Its place among those who come to the allocator; 0 before it has one. */
  order: number
  /** When its wait for a worker is over; undefined before it waits. */
  until: number | undefined
}

/**
 * How often an event is handed out when workers die before they begin it. It is not to blame for that, and may wait behind
 * several that are; the bound is for an event that ends its host by arriving there.
 */
const mostAttempts = 20

/** An event that nobody has handed out yet. */
export function giveEvent(source: EventSource, options: DispatchOptions): GivenEvent {
  return { source, options, attempt: 1, order: 0, until: undefined }
}

/** Bytes that an event holds while it waits; 0 when it has not been made. */
export function heldBytes(source: EventSource): number {
  if (typeof source === 'function') return 0
  const { bodyPieces } = source
  return bodyPieces ? bodyPieces.reduce((sum, { byteLength }) => sum + byteLength, 0) : source.body.byteLength
}

/** Aborts when nobody waits for the event any more while it waits: its caller has left, or it was revoked. */
export function leaving({ signal, revoke }: DispatchOptions): AbortSignal | undefined {
  return signal && revoke ? AbortSignal.any([signal, revoke]) : (signal ?? revoke)
}

/** Whether nobody waits for the event any more. */
export function hasLeft({ signal, revoke }: DispatchOptions): boolean {
  return signal?.aborted === true || revoke?.aborted === true
}

/** The event, made now if it was not before; or why there is none. */
export function takeEvent(given: GivenEvent, trigger: string): EventData | PeltonError {
  if (typeof given.source !== 'function') return given.source
  try {
    const event = given.source()
    if (!event) return errors.event_withdrawn({ trigger })
    given.source = event
    return event
  } catch (cause) {
    return errors.dispatch_failed({ trigger, reason: 'the trigger could not make the event' }, cause)
  }
}

/** Whether an event has come back from a worker that had not begun it: nobody has seen it yet. */
export function isUnbegun(outcome: Outcome, task: Task): boolean {
  if (outcome.status === 'handled') return false
  const { code } = outcome.error
  return (code === 'worker_lost' || code === 'event_recalled') && task.begunAt() === undefined
}

/**
 * Makes an event that came back ready to be handed out again; false when its caller has left or too many workers died
 * with it. One that was recalled goes on with what is left of its wait.
 */
export function mayGoAgain(given: GivenEvent, outcome: Outcome): boolean {
  if (outcome.status === 'failed' && outcome.error.code === 'event_recalled') return true
  if (given.attempt >= mostAttempts || hasLeft(given.options)) return false
  given.attempt++
  given.until = undefined
  return true
}
