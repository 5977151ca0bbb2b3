import { FrameHandout, type SourceLoss } from '@pelton/protocols/camera'
import { type RtpPacket, isAudioEncoding } from '@pelton/protocols/rtp'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import { Ticker } from '@pelton/protocols/window'
import { AudioTrack } from './audio-track.ts'
import { type AudioFormat, AudioWindow } from './audio-window.ts'
import { type Medium, type MediumParts, type Track, type TrackLink, sourceFields } from './medium.ts'
import { windowEvent } from './window-event.ts'

const usualIntervalMs = 2_000
const rates = { least: 1_000, most: 384_000 }
const mostChannels = 32

/** Windows of sound. A worker that is free gets the window as it is by then. */
export class Audio implements Medium {
  readonly #parts: MediumParts
  readonly #handout: FrameHandout<AudioWindow>
  /** Undefined: each chunk is looked at at once. */
  readonly #ticker: Ticker<AudioWindow> | undefined
  #window: AudioWindow | undefined

  constructor(parts: MediumParts) {
    const { settings, context, counts, url, ends } = parts
    const intervalMs = settings.attributes.processing_interval ?? usualIntervalMs
    const trigger = { kind: settings.kind, name: settings.name }
    this.#parts = parts
    this.#handout = new FrameHandout<AudioWindow>({
      context,
      places: settings.numWorkers,
      toEvent: (window) =>
        windowEvent(window, { trigger, url, fields: sourceFields(url, counts), atMs: context.clock.wall() }),
      signal: context.abort,
      onEnd: (end) => ends.add(end),
    })
    if (intervalMs > 0) this.#ticker = new Ticker(context.clock, intervalMs, (window) => this.#offer(window))
  }

  get counts(): FrameHandout<AudioWindow>['counts'] {
    return this.#handout.counts
  }

  begin({ choice: { format } }: RtspStreamFacts, link: TrackLink): Track | SourceLoss {
    const { encoding, clockRate, channels } = format
    const isKnown = isAudioEncoding(encoding) && channels <= mostChannels
    if (!isKnown || clockRate < rates.least || clockRate > rates.most) {
      return { reason: 'unsuitable', detail: `it sends ${encoding} of ${clockRate} Hz with ${channels} channels` }
    }
    const to = this.#parts.settings.attributes.sample_rate ?? clockRate
    const format16 = { sampleRate: to, channels }
    // What comes now does not follow what came before.
    this.#beginWindow(format16)
    const track = new AudioTrack(
      { encoding, from: clockRate, to, channels },
      { onSamples: (samples) => this.#add(samples), onBreak: () => this.#beginWindow(format16) },
    )
    const push = (packet: RtpPacket): void => {
      link.good()
      track.push(packet)
    }
    return { push, dropped: 0 }
  }

  stop(): void {
    this.#ticker?.stop()
    this.#handout.stop()
  }

  idle(): Promise<void> {
    return this.#handout.idle()
  }

  #beginWindow(format: AudioFormat): void {
    this.#window = new AudioWindow(format, this.#parts.settings.attributes, this.#window?.end ?? 0)
  }

  #add(samples: Buffer): void {
    const window = this.#window!
    window.add(samples)
    if (!window.hasNew) return
    if (this.#ticker) this.#ticker.mark(window)
    else this.#offer(window)
  }

  /** True: nothing is left to look at before more has come. */
  #offer(window: AudioWindow): boolean {
    if (window.hasNew) {
      this.#parts.counts.received += 1
      this.#handout.offer(window)
    }
    return true
  }
}
