import { type Static, schema } from '@pelton/core'

const { integer, object, optional, string } = schema

/** Attributes of the mjpeg sink; the first three names and their defaults are DigitalHub's. */
export const attributes = object({
  port: optional(
    integer({
      min: 0,
      max: 65_535,
      doc: 'Port to listen on, shared by path; 0 takes a free one. Default 8081, or a free one where that is taken',
    }),
  ),
  path: string({
    default: '/stream',
    pattern: /^\/[\w\-.~!$&'()+,;=:@%/]*$/,
    patternWords: 'a path such as /stream, without spaces, ? and *',
    doc: 'Path of the stream',
  }),
  boundary: string({
    default: 'frame',
    pattern: /^[\w'()+,\-./:=?]{1,70}$/,
    patternWords: "up to 70 letters, digits and '()+,-./:=?_",
    doc: 'What stands between two pictures on the wire',
  }),
  host: string({ default: '', doc: 'Address to listen on, such as 127.0.0.1; empty: all interfaces' }),
  max_viewers: integer({
    default: 100,
    min: 1,
    max: 10_000,
    doc: 'Most viewers of the stream at a time; more are answered 503',
  }),
  tls: optional(
    object(
      {
        cert: string({ minLength: 1, doc: 'Path of the certificate chain, PEM' }),
        key: string({ minLength: 1, doc: 'Path of its private key, PEM' }),
      },
      { doc: 'Serve HTTPS' },
    ),
  ),
})

/** The decoded attributes. */
export type MjpegAttributes = Static<typeof attributes>
