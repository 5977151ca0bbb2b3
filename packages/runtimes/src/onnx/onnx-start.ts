import type { LogLevel, WorkerSpec } from '@pelton/core'
import type { OnnxAttributes } from './config.ts'

/** A worker's spec as its thread is told it: JSON. */
export interface OnnxStart {
  /** From 0 in its pool. */
  index: number
  /** Absolute folder of the function. */
  folder: string
  /** The model's file, or a folder of models, as configured. */
  handler: string
  trigger: WorkerSpec['trigger']
  /** Names of the models to load; absent: all that there are. */
  models?: readonly string[]
  attributes: OnnxAttributes
  logLevel: LogLevel
}

const defaults: OnnxAttributes = {
  maxBatchSize: 0,
  maxQueueDelayMicroseconds: 0,
  executionProviders: ['cpu'],
  intraOpThreads: 1,
  warmUp: true,
}

/** What a worker's thread needs to know of it. */
export function onnxStart({ index, function: facts, trigger, models, attributes, logLevel }: WorkerSpec): OnnxStart {
  return {
    index,
    folder: facts.folder,
    handler: facts.handler,
    trigger,
    ...(models ? { models } : {}),
    // The processor has decoded them.
    attributes: { ...defaults, ...(attributes as Partial<OnnxAttributes>) },
    logLevel,
  }
}
