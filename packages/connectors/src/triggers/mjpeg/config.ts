import { type Static, clientTls, schema } from '@pelton/core'

const { duration, integer, map, object, optional, size, string } = schema

const hourMs = 3_600_000

/** Attributes of the mjpeg trigger; the first two names are DigitalHub's. */
export const attributes = object({
  url: string({
    minLength: 1,
    doc: 'Of the camera, http or https: a stream of JPEGs (multipart/x-mixed-replace), or a picture, which is asked for again and again',
  }),
  processing_factor: integer({ default: 1, min: 1, doc: 'Of so many frames one is an event' }),
  username: optional(
    string({ minLength: 1, doc: 'For basic and digest authentication; may stand in the url instead' }),
  ),
  password: optional(string({ secret: true, doc: 'Goes with username' })),
  headers: map(string({ secret: true }), { default: {}, doc: 'Headers of each request to the origin of url' }),
  interval: duration({
    unit: 's',
    default: 1000,
    min: 10,
    max: 24 * hourMs,
    doc: 'Where url is a picture: time from one request to the next',
  }),
  stall_timeout: duration({
    unit: 's',
    default: 10_000,
    min: 100,
    max: 24 * hourMs,
    doc: 'A camera that gives no frame for so long is connected anew',
  }),
  max_frame_bytes: size({
    default: 16 << 20,
    min: 1024,
    max: 256 << 20,
    doc: 'Most bytes of a frame; a longer one is left out and counted',
  }),
  tls: clientTls('cameras', 'https'),
})

/** The decoded attributes. */
export type MjpegAttributes = Static<typeof attributes>
