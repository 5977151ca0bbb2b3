import type { TriggerSettings } from '@pelton/core'

/** What a worker's thread needs to run a trigger beside its handler. */
export interface ResidentData {
  /** File URL of the kind's manifest. */
  manifestModule: string
  settings: TriggerSettings
  concurrency: number
  workerWaitMs: number
  /** The counters that this worker writes. */
  metrics: SharedArrayBuffer
}

/** An error as it crosses threads. */
export interface SentError {
  code: string
  message: string
  help: string
  blame: 'user' | 'upstream' | 'bug'
  retryable: boolean
}

/** From the processor to the resident: `stopping` announces a stop, `replace` is one while another copy serves already. */
export type ToResident = 'stopping' | 'stop' | 'replace' | 'abort'

/** From the resident to the processor. */
export type FromResident =
  | { type: 'state'; ready: boolean; why?: string; urls: string[] }
  | { type: 'failed'; error: SentError }
  | { type: 'done' }
