import type { TriggerSettings } from '@pelton/core'
import type { ExtProcAttributes } from './config.ts'

/** What no configured limit may exceed: a worker takes no larger body. */
const mostBodyBytes = 128 * 1024 * 1024
const passthroughTimeoutMs = 150
const immediateTimeoutMs = 1000

/** What a trigger's transactions go by. */
export interface ExtProcRules {
  type: ExtProcAttributes['type']
  /** Whether the handler is called for requests, and for responses. */
  handles: { request: boolean; response: boolean }
  /** The proxy is answered before the handler runs. */
  observes: boolean
  /** Streamed bodies are put together. */
  gathers: boolean
  decompresses: boolean
  /** Most bytes of a body that the handler is given, as it came and decompressed. */
  maxBodyBytes: number
  /** From the arrival of a message to its answer. */
  phaseTimeoutMs: number
  /** What fails goes on as it came. */
  passesErrors: boolean
  /** Lower case; empty for none. */
  requestIdHeader: string
  requestIdFallback: string
  marksNames: boolean
  marksDuration: boolean
  logsStreams: boolean
  logsPhases: boolean
}

/** Reads the settings once for all transactions. */
export function rulesOf({ attributes, compat }: TriggerSettings<ExtProcAttributes>): ExtProcRules {
  const { type, processingOptions: options, phaseTimeoutMs } = attributes
  const onError = attributes.onError ?? (compat === 'digitalhub' ? 'passthrough' : 'immediate')
  const passesErrors = onError === 'passthrough'
  const { perRequestBodyBufferBytes: limit } = options
  return {
    type,
    handles: { request: type !== 'postprocessor', response: type !== 'preprocessor' },
    observes: type === 'observeprocessor',
    gathers: options.bufferStreamedBodies,
    decompresses: options.decompressBodies,
    maxBodyBytes: limit === 0 ? mostBodyBytes : Math.min(limit, mostBodyBytes),
    phaseTimeoutMs: phaseTimeoutMs ?? (passesErrors ? passthroughTimeoutMs : immediateTimeoutMs),
    passesErrors,
    requestIdHeader: options.requestIdHeaderName.toLowerCase(),
    requestIdFallback: options.requestIdFallback,
    marksNames: options.updateExtProcHeader,
    marksDuration: options.updateDurationHeader,
    logsStreams: options.logStream,
    logsPhases: options.logPhases,
  }
}
