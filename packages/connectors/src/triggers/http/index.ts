import { defineTrigger } from '@pelton/core'
import { attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

export default defineTrigger({
  kind: 'http',
  summary: 'Each HTTP request is an event; its response is the answer',
  stability: 'stable',
  class: 'sync',
  attributes,
  fields: { '<argument>': "Each argument of the request's query; of a repeated one the last" },
  handlerMembers: [
    { on: 'event', name: 'type', doc: 'CloudEvents: type of the event' },
    { on: 'event', name: 'version', doc: 'CloudEvents: version of the specification' },
    { on: 'event', name: 'type_version', doc: 'CloudEvents 0.1: version of the type' },
    { on: 'event', name: 'source', doc: 'CloudEvents: who sent it' },
    { on: 'event', name: 'subject', doc: 'CloudEvents 1.0: what it is about' },
    { on: 'event', name: 'dataschema', doc: 'CloudEvents 1.0: schema of the data' },
    { on: 'event', name: 'extensions', doc: 'CloudEvents: extension attributes by lower-case name' },
  ],
  inWorkers: 'several',
  tryIt: (url) => `curl ${url} -d hello`,
  listens: (settings) => [listenAddress(settings)],
  load: async () => (await import('./http-trigger.ts')).createHttpTrigger,
})
