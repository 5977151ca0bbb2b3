import type { Bytes, EventData, FieldMap } from '@pelton/core'
import { sourceEvent } from '@pelton/protocols/camera'

/** One frame of a source. */
export interface Picture {
  bytes: Bytes
  contentType: string
  /** From 1. */
  number: number
  /** Since the epoch, with fractions. */
  atMs: number
  /** As its packets have it: 32 bits. */
  rtpTimestamp: number
  /** In pixels; undefined where nothing tells it. */
  size: { width: number; height: number } | undefined
  /** Of an access unit; undefined for a picture that stands alone. */
  unit: { isKey: boolean; isAfterLoss: boolean } | undefined
}

/** What its event says beside the frame itself. */
export interface PictureContext {
  trigger: EventData['trigger']
  /** Without credentials. */
  url: string
  /** Of the source. */
  fields: FieldMap
}

/** A frame as an event. */
export function pictureEvent(picture: Picture, { trigger, url, fields }: PictureContext): EventData {
  const { number, atMs, rtpTimestamp, size, unit } = picture
  return sourceEvent({
    trigger,
    url,
    contentType: picture.contentType,
    fields: {
      frame_num: number,
      timestamp: atMs,
      rtp_timestamp: rtpTimestamp,
      ...size,
      ...(unit ? { key: unit.isKey, after_loss: unit.isAfterLoss } : {}),
      ...fields,
    },
    body: picture.bytes,
    atMs,
  })
}
