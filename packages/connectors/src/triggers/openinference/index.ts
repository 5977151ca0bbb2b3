import { defineTrigger, moduleBeside } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'
import { listenAddresses } from './listen-address.ts'

export default defineTrigger({
  kind: 'openinference',
  summary: 'Serves models by the Open Inference Protocol, REST and gRPC: each request for inference is an event',
  stability: 'beta',
  class: 'sync',
  attributes,
  check: checkAttributes,
  fields: { '<parameter>': 'Each parameter of the request: a text, a number or true or false' },
  handlerMembers: [
    {
      on: 'event',
      name: 'inputs',
      doc: 'Tensors by name: `name`, `datatype`, `shape` and `data`, a typed array or NumPy’s',
    },
    { on: 'context', name: 'tensors', doc: '`response({ output: array })` makes the answer' },
  ],
  handlerSide: {
    member: 'tensors',
    node: moduleBeside(import.meta.url, './handler/handler-side'),
    python: new URL('./handler/handler_side.py', import.meta.url).href,
  },
  tryIt: (url, { attributes: { model_name, models }, kubernetes }) => {
    const name = model_name ?? models?.[0]?.model_name
    if (!url.endsWith('/v2')) return undefined
    return name === undefined || kubernetes ? `curl ${url}/models` : `${url}/models/${encodeURIComponent(name)}/try`
  },
  servesUrl: true,
  listens: listenAddresses,
  load: async () => (await import('./openinference-trigger.ts')).createOpenInferenceTrigger,
})
