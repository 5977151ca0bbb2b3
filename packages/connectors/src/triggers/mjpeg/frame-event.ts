import type { Bytes, EventData } from '@pelton/core'
import { sourceEvent } from '@pelton/protocols/camera'

/** A picture of a camera. */
export interface Frame {
  jpeg: Bytes
  /** From 1. */
  number: number
  /** Since the epoch, with fractions. */
  atMs: number
}

/** A frame as an event. `url` is the camera's, without credentials. */
export function frameEvent(trigger: EventData['trigger'], url: string, { jpeg, number, atMs }: Frame): EventData {
  const fields = { frame_num: number, url, timestamp: atMs }
  return sourceEvent({ trigger, url, contentType: 'image/jpeg', fields, body: jpeg, atMs })
}
