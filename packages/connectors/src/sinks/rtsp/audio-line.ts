import type { Timer } from '@pelton/core'
import { AudioPacketiser, RtpSender } from '@pelton/protocols/rtp'
import { codecOf } from './config.ts'
import type { LineParts } from './line-parts.ts'
import type { MediaLine, SendPackets } from './media-line.ts'

/** Sound in a packet, and how often packets are sent. */
const packetMs = 20
/** A write is taken so long before its end is due: the next one joins without a gap. */
const leadMs = 200
/** Sound that comes so late has a pause before it; what is less late goes on where the last one ended. */
const pauseMs = 100
/** What is so late to be sent has been lying in a process that was asleep: it is not hurried after. */
const asleepMs = 1_000
/** PCMU of 8,000 Hz and one channel has a number of its own (RFC 3551 §6). */
const pcmuType = 0
const freeType = 96

interface Playing {
  samples: Buffer
  at: number
  /** Who waits for its end. */
  done: PromiseWithResolvers<void> | undefined
}

/** Samples (s16le) as L16 or PCMU (RFC 3551), sent as fast as they sound, with a clock that goes on through pauses. */
export class AudioLine implements MediaLine {
  readonly source: MediaLine['source']
  readonly #clock: LineParts['clock']
  readonly #sender: RtpSender
  readonly #packetiser: AudioPacketiser
  readonly #sliceBytes: number
  readonly #frameBytes: number
  #startedAt: number | undefined
  #playing: Playing | undefined
  #timer: Timer | undefined
  /** Who waits for the end of all that was taken. */
  #drained: (() => void) | undefined
  #send: SendPackets = () => undefined

  constructor({ attributes, clock, describe, credentials }: LineParts) {
    const { sample_rate: clockRate, channels } = attributes
    const encoding = codecOf(attributes) === 'pcmu' ? 'PCMU' : 'L16'
    const payloadType = encoding === 'PCMU' && clockRate === 8_000 && channels === 1 ? pcmuType : freeType
    this.#clock = clock
    this.#sender = new RtpSender({ payloadType, clockRate })
    this.#packetiser = new AudioPacketiser(this.#sender, { encoding, channels, packetMs })
    this.#frameBytes = 2 * channels
    this.#sliceBytes = this.#frameBytes * Math.round((clockRate * packetMs) / 1_000)
    const sdp = describe({ type: 'audio', payloadType, encoding, clockRate, channels, control: 'trackID=0' })
    this.source = {
      sdp: () => sdp,
      report: () => this.#report(),
      nextSequence: () => (this.#startedAt === undefined ? undefined : this.#sender.nextSequence),
      credentials,
    }
  }

  /** Takes samples, however they are cut; resolves shortly before the last of them is due. One write at a time. */
  write(samples: Buffer, send: SendPackets): Promise<void> | undefined {
    this.#send = send
    this.#leavePause()
    const before = this.#playing
    const all = before ? Buffer.concat([before.samples.subarray(before.at), samples]) : samples
    const playing: Playing = { samples: all, at: 0, done: undefined }
    this.#playing = playing
    this.#pump()
    if (this.#playing !== playing || this.#leftMs(playing) <= leadMs) return undefined
    playing.done = Promise.withResolvers()
    return playing.done.promise
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#playing && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#drained = resolve
      signal.addEventListener('abort', () => resolve())
      await promise
    }
    this.#flush()
    this.#timer?.cancel()
    this.#playing?.done?.resolve()
    this.#playing = undefined
  }

  /** When the next sample that is sent is due, in `Clock.now()`. */
  get #dueAt(): number {
    return (this.#startedAt ?? this.#clock.now()) + (this.#packetiser.ticks * 1_000) / this.#sender.clockRate
  }

  #leavePause(): void {
    const now = this.#clock.now()
    this.#startedAt ??= now
    if (!this.#playing) this.#skipTo(now, pauseMs)
  }

  /** The clock of the stream has gone on, if it is late by at least so much. */
  #skipTo(now: number, leastMs: number): void {
    if (now - this.#dueAt < leastMs) return
    this.#flush()
    this.#packetiser.skip(Math.max(0, Math.round(((now - this.#dueAt) * this.#sender.clockRate) / 1_000)))
  }

  readonly #pump = (): void => {
    this.#timer?.cancel()
    this.#timer = undefined
    const playing = this.#playing
    if (!playing) return
    const now = this.#clock.now()
    const { samples } = playing
    this.#skipTo(now, asleepMs)
    while (playing.at < samples.length && this.#dueAt <= now) {
      const end = Math.min(samples.length, playing.at + this.#sliceBytes)
      for (const packet of this.#packetiser.push(samples.subarray(playing.at, end))) this.#send([packet], true)
      playing.at = end
    }
    if (this.#leftMs(playing) <= leadMs) playing.done?.resolve()
    if (playing.at < samples.length) {
      this.#timer = this.#clock.after(packetMs, this.#pump)
      return
    }
    this.#playing = undefined
    this.#timer = this.#clock.after(pauseMs, this.#flush)
    this.#drained?.()
  }

  /** Sends what is less than a packet: it waited for more, which does not come. */
  readonly #flush = (): void => {
    const rest = this.#packetiser.flush()
    if (rest) this.#send([rest], true)
  }

  #leftMs({ samples, at }: Playing): number {
    return ((samples.length - at) / this.#frameBytes / this.#sender.clockRate) * 1_000
  }

  #report(): ReturnType<MediaLine['source']['report']> {
    if (this.#startedAt === undefined) return undefined
    return this.#sender.report(this.#clock.wall(), this.#clock.now() - this.#startedAt)
  }
}
