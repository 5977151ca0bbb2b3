import { type EventData, type OutcomeEnd, type TriggerContext, outcomeEnd } from '@pelton/core'

/** How frames are handed out. */
export interface HandoutOptions<F> {
  context: Pick<TriggerContext, 'dispatch' | 'clock'>
  /** Most frames that are handed out at a time. */
  places: number
  /** Makes the event of a frame when a worker is free for it, at `handedAtMs` of `clock.now()`. */
  toEvent(frame: F, handedAtMs: number): EventData
  /** Aborts the `signal` of the handlers that hold a frame. */
  signal?: AbortSignal
  /** Of video whose frames need those before them; absent: each stands alone. */
  chain?: FrameChain<F>
  /** Told what became of each frame that was handed out, or found no worker in time. */
  onEnd?(end: OutcomeEnd): void
  /** Told when a place has become free that no waiting frame took: for those who make frames only when they are wanted. */
  onFree?(): void
}

/** How frames hang together. */
export interface FrameChain<F> {
  /** Whether it is of use only after the frame before it: then it waits behind that one, and is let go with it. */
  continues(frame: F): boolean
  bytes(frame: F): number
}

/** Frames that wait behind the newest one that stands alone, and their bytes; with more all of them are let go. */
const mostWaiting = 300
const mostWaitingBytes = 16 << 20

/** What has been handed out so far. */
export interface HandoutCounts {
  offered: number
  handedOut: number
  /** Frames that nobody saw because a newer one came before a worker was free. */
  superseded: number
  /** From its offer to when a worker was free, over all that were handed out. */
  ageMsSum: number
  ageMsLast: number
}

/**
 * Hands the newest frame to each worker that is free, and never an older one: so a slow handler sees what is, not a queue of
 * what was. Frames of a chain go out in their order, beginning with the newest one that stands alone. Events have a growing
 * `sequence` in the order of their frames. No frame is copied.
 */
export class FrameHandout<F> {
  readonly counts: HandoutCounts = { offered: 0, handedOut: 0, superseded: 0, ageMsSum: 0, ageMsLast: 0 }
  readonly #options: HandoutOptions<F>
  readonly #idle = new Set<() => void>()
  /** The newest frame, while nobody has it. */
  #newest: F | undefined
  #offeredAt = 0
  /** Those that continue the newest. */
  #followers: { frame: F; offeredAt: number }[] = []
  #followerBytes = 0
  /** The frame before was let go: what continues it is of no use. */
  #isBroken = true
  /** One dispatch waits for a worker: it takes the frame that is newest by then. */
  #isWaiting = false
  #outstanding = 0
  #sequence = 0
  #isStopped = false

  constructor(options: HandoutOptions<F>) {
    this.#options = options
  }

  /** Whether a frame waits, which gives way to each newer one. */
  get hasWaiting(): boolean {
    return this.#newest !== undefined
  }

  /** Whether a newer frame would go out at once, or as soon as there is a worker: there is a free place, or one waits for its worker. */
  get wantsNewer(): boolean {
    return !this.#isStopped && (this.#isWaiting || this.#outstanding < this.#options.places)
  }

  /** A frame has come; the one before, if nobody has it yet, is let go. Its age counts from `since`, by default from now. */
  offer(frame: F, since: number = this.#options.context.clock.now()): void {
    if (this.#isStopped) return
    this.counts.offered += 1
    const { chain } = this.#options
    if (chain?.continues(frame)) return this.#follow(frame, since)
    this.#letGo()
    this.#isBroken = false
    this.#newest = frame
    this.#offeredAt = since
    this.#handOut()
  }

  /** So many frames gave way to newer ones before they were made. */
  countSuperseded(frames: number): void {
    this.counts.offered += frames
    this.counts.superseded += frames
  }

  /** Resolves when nothing is handed out any more. */
  idle(): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.add(resolve))
  }

  /** Hands nothing out any more; what was handed out goes on. */
  stop(): void {
    this.#isStopped = true
    this.#newest = undefined
    this.#followers = []
  }

  #follow(frame: F, offeredAt: number): void {
    if (this.#isBroken) {
      this.counts.superseded += 1
      return
    }
    if (this.#newest === undefined) {
      this.#newest = frame
      this.#offeredAt = offeredAt
    } else {
      this.#followers.push({ frame, offeredAt })
      this.#followerBytes += this.#options.chain?.bytes(frame) ?? 0
      this.#isBroken = this.#followers.length > mostWaiting || this.#followerBytes > mostWaitingBytes
      if (this.#isBroken) this.#letGo()
    }
    this.#handOut()
  }

  /** What waits is superseded. */
  #letGo(): void {
    if (this.#newest === undefined) return
    this.counts.superseded += 1 + this.#followers.length
    this.#newest = undefined
    if (this.#followers.length === 0) return
    this.#followers = []
    this.#followerBytes = 0
  }

  #handOut(): void {
    if (this.#newest === undefined || this.#isWaiting || this.#outstanding >= this.#options.places) return
    this.#isWaiting = true
    this.#outstanding += 1
    void this.#dispatch()
  }

  /** Never rejects: dispatch never does. */
  async #dispatch(): Promise<void> {
    const { context, signal, onEnd, onFree } = this.#options
    let isTaken = false
    let isWithdrawn = false
    const take = (): EventData | undefined => {
      isTaken = true
      this.#isWaiting = false
      const event = this.#take()
      isWithdrawn = event === undefined
      return event
    }
    const sequence = this.#sequence++
    const outcome = await context.dispatch(take, signal ? { sequence, signal } : { sequence })
    // There was no worker in time: the frame stays for the next one, which the next frame calls for.
    if (!isTaken) this.#isWaiting = false
    const end = await outcomeEnd(outcome)
    this.#outstanding -= 1
    if (!isWithdrawn) onEnd?.(end)
    if (isTaken) this.#handOut()
    if (!this.#isStopped && this.#outstanding < this.#options.places) onFree?.()
    if (this.#outstanding > 0) return
    for (const resolve of this.#idle) resolve()
    this.#idle.clear()
  }

  #take(): EventData | undefined {
    const frame = this.#newest
    if (frame === undefined) return undefined
    const { chain, context } = this.#options
    const now = context.clock.now()
    const { counts } = this
    counts.handedOut += 1
    counts.ageMsLast = now - this.#offeredAt
    counts.ageMsSum += counts.ageMsLast
    const next = this.#followers.shift()
    this.#newest = next?.frame
    if (next) {
      this.#offeredAt = next.offeredAt
      this.#followerBytes -= chain?.bytes(next.frame) ?? 0
    }
    return this.#options.toEvent(frame, now)
  }
}
