import type { Clock } from '@pelton/core'

const videoRate = 90_000

/** When frames come, as time of their medium: it begins with the first one. */
export class MediaClock {
  readonly #clock: Pick<Clock, 'now' | 'wall'>
  #startedAt: number | undefined
  #last = -1

  constructor(clock: Pick<Clock, 'now' | 'wall'>) {
    this.#clock = clock
  }

  /** Ticks of 90 kHz for a frame that comes now: more than those of the one before. */
  nextTicks(): number {
    this.#startedAt ??= this.#clock.now()
    const ticks = Math.round(((this.#clock.now() - this.#startedAt) * videoRate) / 1_000)
    this.#last = Math.max(ticks, this.#last + 1)
    return this.#last
  }

  /** The time of the medium and of the world, in milliseconds; undefined before the first frame. */
  get times(): { mediaMs: number; wallMs: number } | undefined {
    if (this.#startedAt === undefined) return undefined
    return { mediaMs: this.#clock.now() - this.#startedAt, wallMs: this.#clock.wall() }
  }
}
