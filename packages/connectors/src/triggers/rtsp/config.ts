import { type Static, clientTls, schema } from '@pelton/core'

const { choice, duration, integer, object, optional, size, string } = schema

const hourMs = 3_600_000
/** What may be as large as a buffer can be. */
const largest = 2 ** 31 - 1

/** Attributes of the rtsp trigger. */
export const attributes = object({
  rtsp_url: optional(string({ minLength: 1, doc: 'Of the source, rtsp or rtsps. It or url is required' })),
  url: optional(string({ minLength: 1, doc: 'The same as rtsp_url' })),
  media_type: choice(['audio', 'video'], { default: 'audio', doc: 'Which medium of the source is read' }),
  transport: choice(['auto', 'tcp', 'udp'], {
    default: 'auto',
    doc: 'How packets come. auto: by TCP, or by UDP where the source refuses that; udp: by UDP, or by TCP where none come through',
  }),
  decode: choice(['jpeg', 'rgb', 'i420', 'none'], {
    default: 'jpeg',
    doc: 'Video: what handlers get: JPEG pictures, pixels, or what comes as it is. jpeg leaves the JPEGs of a source as they are',
  }),
  processing_interval: optional(
    duration({
      unit: 'ms',
      min: 0,
      max: 24 * hourMs,
      doc: 'Time between two events; 0: each frame, or each chunk of audio. Default 2s, with processing_factor 0',
    }),
  ),
  processing_factor: integer({ default: 1, min: 1, doc: 'Video: of so many frames one is an event' }),
  chunk_bytes: size({
    default: 16_000,
    min: 1,
    max: largest,
    doc: 'Audio: samples join the window in chunks of this length',
  }),
  max_bytes: size({ default: 1_440_000, min: 1, max: largest, doc: 'Audio: most bytes of the window' }),
  trim_bytes: size({
    default: 1_120_000,
    min: 1,
    max: largest,
    doc: 'Audio: what is dropped from the front of a window that is longer than max_bytes',
  }),
  sample_rate: optional(
    integer({
      min: 1_000,
      max: 384_000,
      doc: 'Audio: samples a second that handlers get. Default: as many as the source sends',
    }),
  ),
  username: optional(
    string({ minLength: 1, doc: 'For basic and digest authentication; may stand in the url instead' }),
  ),
  password: optional(string({ secret: true, doc: 'Goes with username' })),
  stall_timeout: duration({
    unit: 's',
    default: 10_000,
    min: 100,
    max: 24 * hourMs,
    doc: 'A source that gives no frame and no sound for so long is connected anew',
  }),
  tls: clientTls('sources', 'rtsps'),
})

/** The decoded attributes. */
export type RtspAttributes = Static<typeof attributes>
