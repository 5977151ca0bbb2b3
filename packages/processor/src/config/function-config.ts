import type {
  Compat,
  Found,
  LogLevel,
  RuntimeManifest,
  SinkManifest,
  SinkRules,
  SinkSettings,
  TriggerManifest,
  TriggerSettings,
} from '@pelton/core'

/** A function file, decoded and checked: what a processor runs. */
export interface FunctionConfig {
  /** The yaml file, or the source file whose inline block it was; absent when a handler runs alone. */
  file?: string
  /** Absolute folder that holds the handler. */
  folder: string
  compat: Compat
  name: string
  namespace: string
  version: string
  description: string
  labels: Record<string, string>
  annotations: Record<string, string>
  /** As configured, with its version: `python:3.11`. */
  runtime: string
  runtimeManifest: Found<RuntimeManifest>
  runtimeAttributes: Record<string, unknown>
  /** As configured; empty for the runtime's default. */
  handler: string
  /** What handlers may run: `context.models`. */
  models: ModelConfig[]
  /** `spec.env` and what the function is told about itself. */
  env: Record<string, string>
  /** Enabled triggers in the order of the file; the default http trigger is not among them. */
  triggers: TriggerConfig[]
  /** Whether the default http trigger may be added when there is no trigger. */
  allowsDefaultTrigger: boolean
  eventTimeoutMs?: number
  isolation: 'thread' | 'process'
  exposeErrors: boolean
  drainDelayMs?: number
  terminationGraceMs: number
  /** `spec.loggerSinks`: the lowest level that the function logs at. */
  logLevel?: LogLevel
}

/** One model of a function file. */
export interface ModelConfig {
  /** As handlers name it. */
  name: string
  /** From the folder of the function. */
  file: string
  numWorkers: number
  /** What runs it. */
  runtimeManifest: Found<RuntimeManifest>
  runtimeAttributes: Record<string, unknown>
}

/** One trigger of a function file: the common part, and `settings` for the kind. */
export interface TriggerConfig {
  manifest: Found<TriggerManifest>
  settings: TriggerSettings
  numWorkers: number
  /** As configured; the default follows from file, kind and runtime. */
  concurrency?: number
  /** How long an event waits for a worker; 0 does not wait. */
  workerWaitMs: number
  /** How long a worker may take to finish or to be stuck before it is ended by force. */
  workerTerminationMs: number
  /** Triggers of one name share one pool. */
  workerAllocatorName?: string
  /** Events are handed out together, at most `size` of them, `timeoutMs` after the first at the latest. */
  batch?: { size: number; timeoutMs: number }
  placement: 'auto' | 'dispatched' | 'worker'
  requiredForReady: boolean
  /** Where its responses go besides the caller. */
  sinks: SinkConfig[]
}

/** One sink of a trigger: what the kind is told, and how it is fed. */
export interface SinkConfig {
  manifest: Found<SinkManifest>
  /** The name is the kind, with a number for a further one of that kind. */
  settings: Pick<SinkSettings, 'name' | 'kind' | 'attributes'>
  rules: SinkRules
}

/** nuclio's platform file, as far as a processor uses it. */
export interface PlatformConfig {
  webAdmin: { enabled: boolean; listenAddress?: string }
  healthCheck: { enabled: boolean; listenAddress?: string }
  /** Addresses of `prometheusPull` sinks. */
  metricsPull: string[]
  /** `instanceName` of the first pull sink that has one. */
  instanceName?: string
  /** Base URLs by function name, for `callFunction`. */
  functions: Record<string, string>
  disablesDefaultTrigger: boolean
  /** A cluster makes the events of cron triggers itself. */
  schedulesCron?: boolean
  logLevel?: LogLevel
}
