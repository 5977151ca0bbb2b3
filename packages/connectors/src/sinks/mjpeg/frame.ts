import type { Bytes, SinkItem } from '@pelton/core'
import { partHead, partTail, whyNoJpeg } from '@pelton/protocols/mjpeg'

/** A picture as it goes to every viewer. */
export interface Frame {
  /** The JPEG; everybody's, so nobody changes it. */
  body: Bytes
  /** Of the part that it is on the wire. */
  pieces: readonly Bytes[]
  /** When it came, in `Clock.now()` milliseconds. */
  at: number
}

/** Makes a frame of a JPEG, whose bytes are not copied. */
export function frameOf(body: Bytes, boundary: string, at: number): Frame {
  return { body, pieces: [partHead(boundary, body.byteLength), body, partTail], at }
}

/** Why an answer is no picture to show; undefined: it is one. The bytes tell, whatever its content type says. */
export function whyNoPicture({ status, body }: SinkItem['response']): string | undefined {
  if (status >= 400) return `its status is ${status}`
  if (body.byteLength === 0) return 'it is empty'
  return whyNoJpeg(body)
}
