import { type NumberSchema, type Static, schema } from '@pelton/core'

const { choice, integer, object, optional, string } = schema

const udpPort = (what: string): NumberSchema =>
  integer({
    min: 0,
    max: 65_535,
    doc: `UDP port that ${what} come from, of all streams of the port. Default a free one`,
  })

/** Attributes of the rtsp sink; port, path, type, sample_rate and channels with their defaults are DigitalHub's. */
export const attributes = object({
  port: optional(
    integer({
      min: 0,
      max: 65_535,
      doc: 'Port to listen on, shared by path; 0 takes a free one. Default 8554, or a free one where that is taken',
    }),
  ),
  path: string({
    default: '/stream',
    pattern: /^\/[\w\-.~!$&'()+,;=:@%/]*$/,
    patternWords: 'a path such as /stream, without spaces, ? and *',
    doc: 'Path of the stream',
  }),
  type: choice(['video', 'audio'], { default: 'video', doc: 'What the answers are' }),
  codec: optional(
    choice(['jpeg', 'h264', 'l16', 'pcmu'], {
      doc: 'What is sent: `jpeg` or `h264` of video, `l16` or `pcmu` of audio. Default `jpeg`, for audio `l16`',
    }),
  ),
  sample_rate: integer({ default: 16_000, min: 1_000, max: 384_000, doc: 'Samples a second of audio' }),
  channels: integer({ default: 1, min: 1, max: 8, doc: 'Channels of audio, which take turns sample by sample' }),
  host: string({ default: '', doc: 'Address to listen on, such as 127.0.0.1; empty: all interfaces' }),
  rtp_port: optional(udpPort('packets')),
  rtcp_port: optional(udpPort('reports')),
  username: optional(string({ minLength: 1, doc: 'Who may read, by Digest; absent: everybody' })),
  password: optional(string({ secret: true, doc: 'Goes with username' })),
  max_readers: optional(
    integer({
      min: 1,
      max: 10_000,
      doc: 'Most readers at a time of all streams of the port; more are answered 453. Default 100',
    }),
  ),
})

/** The decoded attributes. */
export type RtspAttributes = Static<typeof attributes>

/** What is sent, as configured or by default. */
export function codecOf({ type, codec }: RtspAttributes): 'jpeg' | 'h264' | 'l16' | 'pcmu' {
  return codec ?? (type === 'video' ? 'jpeg' : 'l16')
}
