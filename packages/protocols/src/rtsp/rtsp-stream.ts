import type { Buffer } from 'node:buffer'
import { writeRtcp } from '../rtp/index.ts'
import type { AuthGuard } from '../http-auth/index.ts'
import type { Outlet } from './stream-readers.ts'
import { OutgoingFrame, type ReaderCounts, type StreamSource, createReaderCounts } from './stream-source.ts'

const reportMs = 5_000

/** One who has set the stream up. */
export interface StreamReader {
  play(): void
  pause(): void
  leave(): void
}

interface Playing {
  outlet: Outlet
  /** What depends on frames that it has not got is of no use to it. */
  waitsForKey: boolean
  /** It has got a frame since it began to play: before that it loses nothing. */
  hasBegun: boolean
}

/** A stream and all who read it. */
export class RtspStream {
  readonly path: string
  readonly source: StreamSource
  readonly guard: AuthGuard | undefined
  readonly counts: ReaderCounts
  /** Told when the stream ends. */
  readonly #leaving = new Set<() => void>()
  readonly #playing = new Set<Playing>()
  #isKeyed = false
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(path: string, source: StreamSource, guard: AuthGuard | undefined) {
    this.path = path
    this.source = source
    this.guard = guard
    this.counts = source.counts ?? createReaderCounts()
  }

  /** How many have set it up. */
  get readers(): number {
    return this.#leaving.size
  }

  /** Some frames depend on others: readers begin with a key frame. */
  get isKeyed(): boolean {
    return this.#isKeyed
  }

  /** Sends the packets of one frame to all that play; nobody may write to them afterwards. `isKey` is true unless it says otherwise. */
  send(packets: readonly Buffer[], { isKey = true }: { isKey?: boolean } = {}): void {
    if (!isKey) this.#isKeyed = true
    if (this.#playing.size === 0 || packets.length === 0) return
    const frame = new OutgoingFrame(packets, isKey)
    for (const reader of this.#playing) {
      const isTaken = (isKey || !reader.waitsForKey) && reader.outlet.frame(frame)
      reader.waitsForKey = !isTaken
      if (isTaken) reader.hasBegun = true
      else if (reader.hasBegun) this.counts.dropped += 1
    }
  }

  /** A reader, which does not play yet. `onEnd` is called when the stream ends before it leaves. */
  join(outlet: Outlet, onEnd: () => void): StreamReader {
    const reader: Playing = { outlet, waitsForKey: true, hasBegun: false }
    this.#leaving.add(onEnd)
    return {
      play: () => {
        if (this.#playing.has(reader)) return
        reader.waitsForKey = true
        reader.hasBegun = false
        this.#playing.add(reader)
        const report = this.#writeReport()
        if (report) outlet.control(report)
      },
      pause: () => void this.#playing.delete(reader),
      leave: () => {
        this.#playing.delete(reader)
        this.#leaving.delete(onEnd)
      },
    }
  }

  /** Sends a sender report when one is due at `now` (RFC 3550 §6.2). */
  reportAt(now: number): void {
    if (this.#playing.size === 0 || now - this.#reportedAt < reportMs) return
    const report = this.#writeReport()
    if (!report) return
    this.#reportedAt = now
    for (const { outlet } of this.#playing) outlet.control(report)
  }

  /** Says goodbye to all readers. */
  end(): void {
    const report = this.source.report()
    if (report) {
      const bytes = writeRtcp([report, { type: 'bye', ssrcs: [report.ssrc], reason: '' }])
      for (const { outlet } of this.#playing) outlet.control(bytes)
    }
    this.#playing.clear()
    const told = [...this.#leaving]
    this.#leaving.clear()
    for (const tell of told) tell()
  }

  #writeReport(): Buffer | undefined {
    const report = this.source.report()
    return report && writeRtcp([report, { type: 'sdes', sources: [{ ssrc: report.ssrc, cname: 'pelton' }] }])
  }
}
