import { type Clock, formatDuration, isPeltonError } from '@pelton/core'
import { type SourceLink, type SourceLoss, StallWatch, countReason } from '@pelton/protocols/camera'
import { ReorderBuffer, type RtpPacket, emptied } from '@pelton/protocols/rtp'
import { type ConnectRtspOptions, type RtspStreamFacts, connectRtsp } from '@pelton/protocols/rtsp'
import type { Medium, StreamCounts, Track, TrackLink } from './medium.ts'
import { lossOf } from './source-loss.ts'

/** A source that is to be read. */
export interface RtspSourceOptions {
  connect: Pick<ConnectRtspOptions, 'url' | 'media' | 'transport' | 'credentials' | 'tls'>
  /** For the log. */
  shown: string
  clock: Clock
  stallMs: number
  medium: Medium
  counts: StreamCounts
}

/** Longest time for the connection, and for each answer. */
const mostAnswerMs = 10_000
/** By UDP a packet may come after the next ones. */
const reorderMs = 100

/** Connects and reads until the source is lost, or `stop` aborts. Rejects only for what is no fault of the source. */
export function readRtspSource(options: RtspSourceOptions, link: SourceLink, stop: AbortSignal): Promise<SourceLoss> {
  return new Reading(options, link).run(stop)
}

/** One connection. */
class Reading {
  readonly #options: RtspSourceOptions
  readonly #link: SourceLink
  readonly #cut = new AbortController()
  #loss: SourceLoss | undefined
  #watch: StallWatch | undefined
  #packets: ReorderBuffer | undefined
  #track: Track | undefined
  #payloadType = -1
  /** Of the last packet that could be used. */
  #ssrc: number | undefined
  #isPlaying = false

  constructor(options: RtspSourceOptions, link: SourceLink) {
    this.#options = options
    this.#link = link
  }

  async run(stop: AbortSignal): Promise<SourceLoss> {
    const { connect, clock, stallMs, shown } = this.#options
    const stopped = (): void => this.#cut.abort()
    // Leaving takes its time; nothing is to come of what is under way.
    this.#cut.signal.addEventListener('abort', () => this.#track?.close?.())
    stop.addEventListener('abort', stopped, { once: true })
    if (stop.aborted) stopped()
    try {
      await connectRtsp({
        ...connect,
        clock,
        timeoutMs: Math.min(stallMs, mostAnswerMs),
        stallTimeoutMs: stallMs,
        signal: this.#cut.signal,
        onReady: (facts) => this.#begin(facts),
        onPlaying: () => this.#play(),
        onPacket: (packet) => this.#take(packet),
      })
      return this.#loss ?? { reason: 'ended', detail: 'the trigger stops' }
    } catch (error) {
      if (!isPeltonError(error)) throw error
      return this.#loss ?? lossOf(error, shown, connect.media === 'video' ? 'video' : 'audio')
    } finally {
      this.#watch?.stop()
      this.#track?.close?.()
      stop.removeEventListener('abort', stopped)
    }
  }

  #begin(facts: RtspStreamFacts): void {
    const { clock, stallMs, medium } = this.#options
    this.#watch?.stop()
    this.#track?.close?.()
    this.#isPlaying = false
    const track = medium.begin(facts, this.#trackLink())
    if ('reason' in track) return this.#giveUp(track)
    this.#track = track
    if (track.isOpening) this.#link.opening()
    this.#payloadType = facts.choice.format.payloadType
    this.#packets = this.#order(track, facts.transport === 'udp' ? reorderMs : 0)
    // Packets alone do not keep it: they may be of no use.
    this.#watch = new StallWatch(clock, stallMs, () =>
      this.#giveUp({ reason: 'stalled', detail: `nothing that can be used came within ${formatDuration(stallMs)}` }),
    )
  }

  #order(track: Track, waitMs: number): ReorderBuffer {
    const { counts } = this.#options
    let dropped = 0
    const onPacket = (packet: RtpPacket): void => {
      track.push(packet)
      for (; dropped < track.dropped; dropped += 1) countReason(counts.dropped, 'incomplete')
    }
    return new ReorderBuffer({ onPacket, onGap: (packets) => void (counts.packetsLost += packets) }, waitMs)
  }

  #take(packet: RtpPacket): void {
    if (this.#cut.signal.aborted) return
    const { clock, counts } = this.#options
    counts.packets += 1
    if (packet.payloadType === this.#payloadType) {
      this.#ssrc = packet.ssrc
      return this.#packets?.push(packet, clock.now())
    }
    countReason(counts.dropped, 'other_format')
    // Of the same source it has a number that would else be missing.
    if (packet.ssrc === this.#ssrc) this.#packets?.push(emptied(packet), clock.now())
  }

  #play(): void {
    this.#isPlaying = true
    if (!this.#track?.isOpening) this.#link.connected()
  }

  #trackLink(): TrackLink {
    const alive = (): void => {
      if (this.#cut.signal.aborted) return
      this.#watch?.touch()
      if (this.#isPlaying && !this.#track?.isOpening) this.#link.connected()
    }
    return {
      alive,
      good: () => {
        alive()
        if (!this.#cut.signal.aborted) this.#link.good()
      },
      lost: (loss) => this.#giveUp(loss),
    }
  }

  #giveUp(loss: SourceLoss): void {
    this.#loss ??= loss
    this.#cut.abort()
  }
}
