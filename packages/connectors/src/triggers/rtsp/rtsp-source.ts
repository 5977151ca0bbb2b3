import { type Clock, formatDuration, isPeltonError } from '@pelton/core'
import { type SourceLink, type SourceLoss, StallWatch, countReason } from '@pelton/protocols/camera'
import { ReorderBuffer, type RtpPacket } from '@pelton/protocols/rtp'
import { type ConnectRtspOptions, type RtspStreamFacts, connectRtsp } from '@pelton/protocols/rtsp'
import type { Medium, StreamCounts, Track } from './medium.ts'
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
  #payloadType = -1

  constructor(options: RtspSourceOptions, link: SourceLink) {
    this.#options = options
    this.#link = link
  }

  async run(stop: AbortSignal): Promise<SourceLoss> {
    const { connect, clock, stallMs, shown } = this.#options
    const stopped = (): void => this.#cut.abort()
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
        onPlaying: () => this.#link.connected(),
        onPacket: (packet) => this.#take(packet),
      })
      return this.#loss ?? { reason: 'ended', detail: 'the trigger stops' }
    } catch (error) {
      if (!isPeltonError(error)) throw error
      return this.#loss ?? lossOf(error, shown)
    } finally {
      this.#watch?.stop()
      stop.removeEventListener('abort', stopped)
    }
  }

  #begin(facts: RtspStreamFacts): void {
    const { clock, stallMs, medium } = this.#options
    this.#watch?.stop()
    const track = medium.begin(facts, () => this.#onGood())
    if ('reason' in track) return this.#giveUp(track)
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
    if (packet.payloadType !== this.#payloadType) return countReason(counts.dropped, 'other_format')
    this.#packets?.push(packet, clock.now())
  }

  #onGood(): void {
    this.#watch?.touch()
    this.#link.connected()
    this.#link.good()
  }

  #giveUp(loss: SourceLoss): void {
    this.#loss ??= loss
    this.#cut.abort()
  }
}
