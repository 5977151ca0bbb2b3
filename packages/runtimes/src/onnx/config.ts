import { type Static, schema } from '@pelton/core'

/** `spec.runtimeAttributes` of a function that is a model. */
export const attributes = schema.object({
  maxBatchSize: schema.integer({
    default: 0,
    min: 0,
    max: 65_536,
    doc: 'Most rows of requests that run together, along the first dimension; 0: each request runs by itself',
  }),
  maxQueueDelayMicroseconds: schema.integer({
    default: 0,
    min: 0,
    max: 60_000_000,
    doc: 'How long a request may wait for others to fill its batch; 0: what is there runs at once',
  }),
  executionProviders: schema.list(schema.string({ minLength: 1 }), {
    default: ['cpu'],
    minItems: 1,
    doc: 'What of ONNX Runtime computes, the preferred one first, such as `[cuda]`; `cpu` takes what the others cannot',
  }),
  intraOpThreads: schema.integer({
    default: 1,
    min: 1,
    max: 1024,
    doc: 'Threads that compute one request; more requests at a time come from `numWorkers` of the trigger',
  }),
  warmUp: schema.boolean({
    default: true,
    doc: 'Runs each model with zeros before it is ready, so that the first request is as fast as the others; with `maxBatchSize` two rows as well, to see whether they may be joined',
  }),
})

/** The decoded attributes. */
export type OnnxAttributes = Static<typeof attributes>
