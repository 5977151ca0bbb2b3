import type { Bytes, Clock, PeltonLogger, Timer } from '@pelton/core'
import type { BodyWriter } from '@pelton/protocols/http'
import { type Frame, frameOf } from './frame.ts'
import type { StreamCounts } from './stream-counts.ts'
import { Viewer, type ViewerEvents, promptMs } from './viewer.ts'

/** What a stream is made of. */
export interface FrameStreamParts {
  path: string
  boundary: string
  maxViewers: number
  clock: Clock
  logger: PeltonLogger
  /** Counted on. */
  counts: StreamCounts
}

/** A frame that stays the newest for so long is sent again to viewers that need the next one to show it. */
const stillMs = 200

/** The frames of one sink, newest first: what it has is one frame, and what each viewer is still to take. */
export class FrameStream implements ViewerEvents {
  readonly path: string
  readonly boundary: string
  readonly counts: StreamCounts
  readonly #maxViewers: number
  readonly #clock: Clock
  readonly #logger: PeltonLogger
  readonly #viewers = new Set<Viewer>()
  /** Viewers that keep up and are going to take the newest frame in a moment. */
  readonly #awaited = new Set<Viewer>()
  #room: PromiseWithResolvers<void> | undefined
  #patience: Timer | undefined
  #still: Timer | undefined
  #latest: Frame | undefined
  #isEnded = false

  constructor({ path, boundary, maxViewers, clock, logger, counts }: FrameStreamParts) {
    this.path = path
    this.boundary = boundary
    this.#maxViewers = maxViewers
    this.#clock = clock
    this.#logger = logger
    this.counts = counts
  }

  /** The newest JPEG. */
  get latest(): Bytes | undefined {
    return this.#latest?.body
  }

  /** Milliseconds since the newest frame came. */
  get ageMs(): number | undefined {
    return this.#latest && this.#clock.now() - this.#latest.at
  }

  get viewers(): number {
    return this.#viewers.size
  }

  /** Whether one viewer more may look. */
  get hasRoom(): boolean {
    return !this.#isEnded && this.#viewers.size < this.#maxViewers
  }

  /** Shows a JPEG; resolves when those who keep up have taken it, at the latest after some 100 ms. */
  write(body: Bytes): Promise<void> | undefined {
    const frame = frameOf(body, this.boundary, this.#clock.now())
    this.#latest = frame
    this.counts.frames += 1
    for (const viewer of this.#viewers) if (viewer.offer(frame)) this.#awaited.add(viewer)
    this.#watchStill()
    if (this.#awaited.size === 0) return undefined
    // One turn more: on a busy machine time is over before what has been taken meanwhile is told.
    this.#patience ??= this.#clock.after(promptMs, () => setImmediate(this.#leaveBehind))
    return (this.#room ??= Promise.withResolvers()).promise
  }

  /** Serves a viewer from now on, beginning with the newest frame. */
  add(writer: BodyWriter, address: string, needsNext: boolean): Viewer {
    const viewer = new Viewer({ writer, address, needsNext, events: this, clock: this.#clock })
    this.#viewers.add(viewer)
    this.#logger.debug('viewer_joined', { address, viewers: this.#viewers.size })
    if (this.#latest) viewer.offer(this.#latest)
    this.#watchStill()
    return viewer
  }

  /** Takes no viewers any more, and ends those there are once they have taken the newest frame. */
  end(): void {
    this.#isEnded = true
    this.#still?.cancel()
    this.#still = undefined
    for (const viewer of this.#viewers) viewer.end()
  }

  /** Ends the viewers that are left. */
  cut(): void {
    for (const viewer of this.#viewers) viewer.cut()
  }

  sent(): void {
    this.counts.sent += 1
  }

  missed(): void {
    this.counts.missed += 1
  }

  settled(viewer: Viewer): void {
    if (this.#awaited.delete(viewer) && this.#awaited.size === 0) this.#goOn()
  }

  stalled({ address }: Viewer): void {
    this.counts.stalled += 1
    this.#logger.info('viewer_stalled', { address })
  }

  gone(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    this.#logger.debug('viewer_left', { address: viewer.address, viewers: this.#viewers.size })
  }

  readonly #leaveBehind = (): void => {
    for (const viewer of this.#awaited) viewer.fallBehind()
    this.#awaited.clear()
    this.#goOn()
  }

  #goOn(): void {
    this.#patience?.cancel()
    this.#patience = undefined
    this.#room?.resolve()
    this.#room = undefined
  }

  #watchStill(): void {
    if (this.#still || this.#isEnded || !this.#latest) return
    for (const viewer of this.#viewers) {
      if (!viewer.needsNext) continue
      this.#still = this.#clock.after(stillMs, this.#repeat)
      return
    }
  }

  /** One timer serves many frames: it looks how long the newest one has been that. */
  readonly #repeat = (): void => {
    this.#still = undefined
    const frame = this.#latest
    if (!frame) return
    const leftMs = frame.at + stillMs - this.#clock.now()
    let isDone = leftMs <= 0
    if (isDone) for (const viewer of this.#viewers) if (viewer.needsNext && !viewer.repeat(frame)) isDone = false
    if (!isDone) this.#still = this.#clock.after(leftMs > 0 ? leftMs : stillMs, this.#repeat)
  }
}
