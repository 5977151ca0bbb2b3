import { defineTrigger } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'

export default defineTrigger({
  kind: 'rtsp',
  summary: 'Frames of a camera, or the sound of a microphone, that are served by RTSP are events',
  stability: 'beta',
  class: 'async',
  attributes,
  check: checkAttributes,
  fields: {
    url: 'The configured url, without credentials',
    packets_lost: 'Packets of the source that never came, since the start',
    reconnects: 'How many times the source was connected again',
    frame_num: 'Video: number of the frame since the start, from 1; frames that are not processed count, too',
    timestamp: 'Video: when the frame had come: milliseconds since the epoch, with fractions',
    rtp_timestamp: 'Video: of the frame by the clock of the source, 32 bits',
    width: 'Video: in pixels; of access units absent where nothing tells it',
    height: 'Video: in pixels; of access units absent where nothing tells it',
    key: 'Access units (decode: none): whether a decoder can begin with it',
    after_loss: 'Access units (decode: none): whether something before it is missing',
    sample_rate: 'Audio: samples a second of each channel',
    channels: 'Audio: how many, sample by sample',
    first_sample: 'Audio: number of the first sample of the window since the start, from 0',
  },
  defaultConcurrency: 1,
  load: async () => (await import('./rtsp-trigger.ts')).createRtspTrigger,
})
