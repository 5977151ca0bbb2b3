import type { Catalogue, Clock, LogLevel, WriteLog } from '@pelton/core'
import type { FunctionConfig, PlatformConfig } from './config/function-config.ts'

/** What a processor is made of. */
export interface ProcessorOptions {
  config: FunctionConfig
  platform: PlatformConfig
  catalogue: Catalogue
  writeLog: WriteLog
  logLevel: LogLevel
  kubernetes: boolean
  /** Opens the inspector in the one worker and switches time limits off. */
  inspect?: string
  /** The configuration is going to change while running: everything is dispatched. */
  watch?: boolean
  clock?: Clock
}

/** The state of one trigger, for the start screen and `/triggers`. */
export interface TriggerStatus {
  name: string
  kind: string
  placement: 'dispatched' | 'worker'
  /** What the placement gives up, or why it was chosen. */
  placementReason: string
  numWorkers: number
  concurrency: number
  ready: boolean
  why?: string
  /** Where it can be reached. */
  urls: string[]
  /** How a person tries it out: a command line, or an address for a browser. */
  tryIt?: string
  /** Where its responses go besides the caller. */
  sinks: SinkStatus[]
}

/** The state of one sink. It has no say in readiness: a target that is away is no reason to turn callers away. */
export interface SinkStatus {
  name: string
  kind: string
  open: boolean
  /** Why it is not open. */
  why?: string
  /** Where it can be reached, if it listens. */
  url?: string
}

/** What runs, and where. */
export interface ProcessorStatus {
  name: string
  runtime: string
  state: 'starting' | 'ready' | 'unready' | 'stopping' | 'stopped'
  triggers: TriggerStatus[]
  /** Base URLs; absent when switched off. */
  admin?: string
  health?: string
  metrics: string[]
  /** Sentences for the start screen: defaults that moved, keys that are ignored. */
  notes: string[]
}

/** One function, running. */
export interface Processor {
  /** Resolves when every trigger is ready or retrying; rejects with a `PeltonError` that ends the start. */
  start(): Promise<void>
  /** Changes the configuration while running: workers first, then the triggers that differ. On rejection the old one serves on. */
  update(config: FunctionConfig): Promise<void>
  /** Drains and ends everything within `graceMs`; `clean` is false when something was cut off. */
  stop(graceMs: number): Promise<{ clean: boolean }>
  /** Resolves when its triggers say that it is to end: their work is done. Whoever started it then stops it. */
  readonly finished: Promise<{ failed: boolean }>
  status(): ProcessorStatus
}
