import { defineTrigger } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'

export default defineTrigger({
  kind: 'mjpeg',
  summary: 'Frames of a camera that serves MJPEG, or single pictures, over HTTP are events',
  stability: 'beta',
  class: 'async',
  attributes,
  check: checkAttributes,
  fields: {
    frame_num: 'Number of the frame since the start, from 1; frames that are not processed count, too',
    url: 'The configured url, without credentials',
    timestamp: 'When the frame had come: milliseconds since the epoch, with fractions',
  },
  defaultConcurrency: 1,
  load: async () => (await import('./mjpeg-trigger.ts')).createMjpegTrigger,
})
