import type { Clock, Timer } from '@pelton/core'
import type { BodyEvents, BodyWriter } from '@pelton/protocols/http'
import type { Frame } from './frame.ts'

/** What a viewer tells its stream. */
export interface ViewerEvents {
  /** A frame was given to its connection. */
  sent(): void
  /** A frame that it was to have was replaced by a newer one. */
  missed(): void
  /** It has taken the frame that others wait for, or never will. */
  settled(viewer: Viewer): void
  /** It has taken nothing for too long and was cut off. */
  stalled(viewer: Viewer): void
  gone(viewer: Viewer): void
}

/** How a viewer is served. */
export interface ViewerParts {
  writer: BodyWriter
  events: ViewerEvents
  clock: Clock
  /** For the log. */
  address: string
  /** It shows a frame only when the next one begins, as Chromium does. */
  needsNext: boolean
}

/** A viewer that has not taken a frame by then is cut off. */
const stallMs = 30_000
/** A look that is so much late tells that this process was asleep: then a viewer's time begins anew. */
const mostLateMs = 2_000
/** A viewer that takes frames within this time is waited for, so that it gets every one. */
export const promptMs = 100
/** Frames that a viewer must take so promptly, one after the other, to be waited for again. */
const promptFrames = 25

/**
 * One viewer of a stream. It holds one frame that its connection has not taken and knows the newest one after that:
 * what comes between is lost to it, and to nobody else.
 */
export class Viewer implements BodyEvents {
  readonly address: string
  readonly needsNext: boolean
  readonly #writer: BodyWriter
  readonly #events: ViewerEvents
  readonly #clock: Clock
  #sent: Frame | undefined
  #next: Frame | undefined
  #isRepeated = false
  #isBusy = false
  #busySince = 0
  /** Frames taken promptly, one after the other. */
  #prompt = promptFrames
  #stallTimer: Timer | undefined
  #lookDueAt = 0

  constructor({ writer, events, clock, address, needsNext }: ViewerParts) {
    this.#writer = writer
    this.#events = events
    this.#clock = clock
    this.address = address
    this.needsNext = needsNext
  }

  /** Sends a frame, or keeps it until the one before has been taken. Gives whether it is soon going to tell `settled`. */
  offer(frame: Frame): boolean {
    if (!this.#isBusy) {
      this.#send(frame)
      return this.#prompt >= promptFrames
    }
    if (this.#next) this.#events.missed()
    this.#next = frame
    return false
  }

  /** Sends the frame that it has once more. False: it is still to be tried again. */
  repeat(frame: Frame): boolean {
    if (this.#isBusy) return false
    if (this.#sent !== frame || this.#isRepeated) return true
    this.#send(frame)
    this.#isRepeated = true
    return true
  }

  /** It was too slow for others to wait for it. */
  fallBehind(): void {
    this.#prompt = 0
  }

  /** Ends it once it has taken what there is. */
  end(): void {
    const next = this.#next
    this.#next = undefined
    if (next) this.#send(next)
    this.#writer.end()
  }

  cut(): void {
    this.#writer.cut()
  }

  taken(): void {
    const isPrompt = this.#clock.now() - this.#busySince <= promptMs
    this.#prompt = isPrompt ? this.#prompt + 1 : 0
    this.#isBusy = false
    this.#events.settled(this)
    const next = this.#next
    this.#next = undefined
    if (next) this.#send(next)
  }

  closed(): void {
    this.#stallTimer?.cancel()
    this.#next = this.#sent = undefined
    this.#events.settled(this)
    this.#events.gone(this)
  }

  #send(frame: Frame): void {
    this.#sent = frame
    this.#isRepeated = false
    this.#isBusy = true
    this.#busySince = this.#clock.now()
    if (!this.#stallTimer) this.#lookIn(stallMs)
    this.#writer.send(frame.pieces)
    this.#events.sent()
  }

  #lookIn(ms: number): void {
    this.#lookDueAt = this.#clock.now() + ms
    this.#stallTimer = this.#clock.after(ms, this.#checkStall)
  }

  /** One timer serves many frames: it looks how long the present one waits. */
  readonly #checkStall = (): void => {
    this.#stallTimer = undefined
    if (!this.#isBusy) return
    const now = this.#clock.now()
    if (now - this.#lookDueAt > mostLateMs) this.#busySince = now
    const leftMs = this.#busySince + stallMs - now
    if (leftMs > 0) return this.#lookIn(leftMs)
    this.#events.stalled(this)
    this.cut()
  }
}
