import { defineSink } from '@pelton/core'
import { checkWebhook } from './check-webhook.ts'
import { attributes } from './config.ts'

export default defineSink({
  kind: 'webhook',
  summary: 'Each answer is an HTTP request to a URL',
  stability: 'beta',
  attributes,
  check: checkWebhook,
  load: async () => (await import('./webhook-sink.ts')).createWebhookSink,
})
