import { defineTrigger } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'

export default defineTrigger({
  kind: 'cron',
  summary: 'An event from the configuration, again and again: at an interval or on a schedule',
  stability: 'stable',
  class: 'async',
  attributes,
  check: checkAttributes,
  preview: {
    attribute: 'schedule',
    doc: 'the next five runs, in the time zone of the schedule and in UTC',
    load: async () => (await import('./preview-runs.ts')).previewRuns,
  },
  load: async () => (await import('./cron-trigger.ts')).createCronTrigger,
})
