import { defineTrigger } from '@pelton/core'
import { attributes } from './config.ts'

export default defineTrigger({
  kind: 'kickstart',
  summary: 'One event, when the function starts',
  stability: 'stable',
  class: 'async',
  attributes,
  load: async () => (await import('./kickstart-trigger.ts')).createKickstartTrigger,
})
