import type { EventData, FieldMap } from '@pelton/core'
import { sourceEvent } from '@pelton/protocols/camera'
import type { AudioWindow } from './audio-window.ts'

/** What its event says beside the window itself. */
export interface WindowContext {
  trigger: EventData['trigger']
  /** Without credentials. */
  url: string
  /** Of the source. */
  fields: FieldMap
  /** Since the epoch. */
  atMs: number
}

/** A window, as it is now, as an event. */
export function windowEvent(window: AudioWindow, { trigger, url, fields, atMs }: WindowContext): EventData {
  const { sampleRate, channels } = window.format
  const { samples, firstSample } = window.take()
  return sourceEvent({
    trigger,
    url,
    contentType: `audio/L16; rate=${sampleRate}; channels=${channels}; endian=little`,
    fields: { sample_rate: sampleRate, channels, first_sample: firstSample, ...fields },
    body: samples,
    atMs,
  })
}
