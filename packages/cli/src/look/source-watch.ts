import type { Clock, Timer } from '@pelton/core'
import { pictureOfUnit } from './describe-media.ts'
import type { FrameCatch } from './frame-catch.ts'
import type { PictureFacts, Reception, SourceFacts, SourceObserver, WatchedUnit } from './observer.ts'
import { showPicture } from './show-text.ts'
import type { WatchEnd } from './show-records.ts'
import { Tally } from './tally.ts'
import type { WatchReport } from './watch-report.ts'

/** What a watch is made of. */
export interface SourceWatchOptions {
  clock: Clock
  report: WatchReport
  /** Wants a frame, unless it is undefined. */
  frames: FrameCatch | undefined
  /** From when the source plays; undefined: until it is closed. */
  forMs: number | undefined
  onTimeUp(): void
}

const intervalMs = 1_000
/** A source may change its pictures with each of them: that is told once in so long. */
const pictureEveryMs = 1_000

/** Counts what a source gives, and reports it every second. */
export class SourceWatch implements SourceObserver {
  readonly #options: SourceWatchOptions
  readonly #startedAt: number
  readonly #tally: Tally
  #source: SourceFacts | undefined
  #beganAt: number | undefined
  /** What has been told of the pictures. */
  #toldPicture = ''
  #pictureToldAt: number | undefined
  #timer: Timer | undefined
  #timeUp: Timer | undefined

  constructor(options: SourceWatchOptions) {
    this.#options = options
    this.#startedAt = options.clock.now()
    this.#tally = new Tally(this.#startedAt)
  }

  /** Whether a picture, or a packet of sound, has come. */
  get hasCome(): boolean {
    return this.#tally.units > 0
  }

  /** Since the command began. */
  get elapsedMs(): number {
    return this.#options.clock.now() - this.#startedAt
  }

  onSource(source: SourceFacts): void {
    const { report, frames } = this.#options
    this.#source = source
    this.#toldPicture = showPicture(source.media.find(({ isWatched }) => isWatched)?.picture ?? {})
    report.source(source)
    frames?.begin(source.codec)
    if (this.#beganAt === undefined) this.#begin()
  }

  onBytes(bytes: number): void {
    this.#tally.addBytes(bytes)
  }

  onUnit(unit: WatchedUnit): void {
    const { clock, frames } = this.#options
    this.#tally.addUnit(unit.bytes.length, unit.isKey && this.#hasKeys, clock.now())
    if (unit.isKey) this.#tellPicture(unit)
    // Last of all: a decoder takes the bytes.
    frames?.take(unit)
  }

  onDropped(units: number): void {
    this.#tally.addDropped(units)
  }

  tellSaved(file: string, bytes: number): void {
    this.#options.report.saved(file, bytes, this.elapsedMs)
  }

  /** Ends the reports, with that on all that came. */
  close(end: WatchEnd): void {
    this.#timer?.cancel()
    this.#timeUp?.cancel()
    this.#options.frames?.close()
    // Of a frame that was saved all has been said.
    if (this.#beganAt === undefined || end === 'saved') return
    this.#options.report.total(this.#tally.total(this.#options.clock.now(), this.#reception()), end)
  }

  get #hasKeys(): boolean {
    return this.#source?.codec === 'h264' || this.#source?.codec === 'h265'
  }

  #begin(): void {
    const { clock, forMs, onTimeUp } = this.#options
    this.#beganAt = clock.now()
    this.#tally.begin(this.#beganAt)
    if (forMs !== undefined) this.#timeUp = clock.after(forMs, onTimeUp)
    this.#tick(this.#beganAt + intervalMs)
  }

  #tick(dueAt: number): void {
    const { clock, report } = this.#options
    this.#timer = clock.after(Math.max(0, dueAt - clock.now()), () => {
      const now = clock.now()
      const reception = this.#reception()
      report.interval(this.#tally.interval(now, reception), reception)
      // What a busy machine made late is not caught up with.
      this.#tick(Math.max(dueAt + intervalMs, now))
    })
  }

  #reception(): Reception | undefined {
    return this.#source?.reception?.()
  }

  #tellPicture(unit: WatchedUnit): void {
    const codec = this.#source?.codec
    const now = this.#options.clock.now()
    if (this.#pictureToldAt !== undefined && now - this.#pictureToldAt < pictureEveryMs) return
    const picture: PictureFacts =
      codec === 'h264' || codec === 'h265' ? pictureOfUnit(codec, unit.bytes) : { size: unit.size }
    const text = showPicture(picture)
    if (text === '' || text === this.#toldPicture) return
    this.#toldPicture = text
    this.#pictureToldAt = now
    this.#options.report.picture(picture, this.elapsedMs)
  }
}
