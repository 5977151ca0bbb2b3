import { checkConfiguredEvent, defineTrigger } from '@pelton/core'
import { attributes } from './config.ts'

export default defineTrigger({
  kind: 'kickstart',
  summary: 'One event, when the function starts',
  stability: 'stable',
  class: 'async',
  attributes,
  check: ({ event }) => checkConfiguredEvent(event),
  load: async () => (await import('./kickstart-trigger.ts')).createKickstartTrigger,
})
