import { defineTrigger, moduleBeside } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

export default defineTrigger({
  kind: 'extproc',
  summary: 'Requests and responses that pass an Envoy proxy are events; the handler changes, answers or watches them',
  stability: 'stable',
  class: 'sync',
  attributes,
  check: checkAttributes,
  fields: { '<argument>': "Each argument of the request's query; of a repeated one the last" },
  handlerMembers: [
    {
      on: 'event',
      name: 'phase',
      doc: "1: the request's headers, 2: its body, 4: the response's headers, 5: its body",
    },
    { on: 'event', name: 'endOfStream', doc: 'False for a piece of a body that is not the last one' },
    { on: 'event', name: 'authority', doc: 'The authority of the request' },
    { on: 'event', name: 'scheme', doc: 'The scheme of the request' },
    { on: 'event', name: 'requestId', doc: 'The value of the request id header, or the configured fallback' },
    { on: 'event', name: 'attributes', doc: "Envoy's attributes that the proxy is configured to send, by filter" },
    {
      on: 'event',
      name: 'metadata',
      doc: "Envoy's dynamic metadata that the proxy is configured to send, by namespace",
    },
    { on: 'event', name: 'trailers', doc: 'Of this direction, where they came before the handler was called' },
    { on: 'event', name: 'status', doc: 'Of the response; undefined in events of a request' },
    {
      on: 'event',
      name: 'request',
      doc: 'In events of a response: the request, with its body up to 256 KiB where the proxy sent it',
    },
    {
      on: 'context',
      name: 'extproc',
      doc: 'proceed({ setHeaders, addHeaders, removeHeaders, body, path, method, status, trailers, metadata, modeOverride }), respond({ status, headers, contentType, body })',
    },
  ],
  handlerSide: {
    member: 'extproc',
    node: moduleBeside(import.meta.url, './handler-side'),
    python: new URL('./handler_side.py', import.meta.url).href,
  },
  inWorkers: 'single',
  listens: (settings) => [listenAddress(settings)],
  load: async () => (await import('./extproc-trigger.ts')).createExtProcTrigger,
})
