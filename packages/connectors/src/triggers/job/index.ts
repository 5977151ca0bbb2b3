import { checkConfiguredEvent, defineTrigger } from '@pelton/core'
import { attributes } from './config.ts'

export default defineTrigger({
  kind: 'job',
  summary: 'One event; then the process ends with an exit code that tells the outcome',
  stability: 'stable',
  class: 'async',
  attributes,
  check: ({ event }) => checkConfiguredEvent(event),
  load: async () => (await import('./job-trigger.ts')).createJobTrigger,
})
