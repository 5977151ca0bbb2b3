import type { HandlerSide, Compat, Runtime } from './runtime.ts'
import type { Schema } from './schema/schema.ts'
import type { CreateSink } from './sink.ts'
import type { CreateTrigger, ListenAddress, TriggerSettings } from './trigger.ts'

/** How settled a kind is. */
export type Stability = 'stable' | 'beta' | 'experimental'

/** A member that a kind's handler side adds to `Event` or `Context`, for the documentation. */
export interface HandlerMember {
  on: 'event' | 'context'
  name: string
  doc: string
}

/** What is wrong, or doubtful, in attributes that are right one by one. */
export interface AttributeNote {
  level: 'error' | 'warning'
  /** The attribute, as the schema names it, and what is below it. */
  path: readonly (string | number)[]
  /** Follows the path in the message, which has no full stop: `must not be greater than max_bytes`. */
  message: string
}

/** Beside the attributes: whose file it is, and what it says word for word, where that is known. */
export interface CheckFacts {
  compat: Compat
  written?: Readonly<Record<string, unknown>>
}

/** Looks at attributes together, once each is right by itself. */
export type CheckAttributes<Attributes> = (attributes: Attributes, facts: CheckFacts) => AttributeNote[]

/** What `pelton kinds KIND TEXT` shows of a value of one attribute, such as the next runs of a schedule. */
export interface Preview<Attributes> {
  /** The attribute that TEXT is the value of. */
  attribute: string
  /** One line: what is shown. */
  doc: string
  load: () => Promise<(attributes: Attributes, now: Date) => string[]>
}

interface Manifest {
  /** Name in configuration and metrics; the folder's name. */
  kind: string
  /** Other names accepted in configuration. */
  aliases?: readonly string[]
  /** One line. */
  summary: string
  stability: Stability
}

/** What a trigger's folder exports by default from `index.ts`. The implementation is loaded on first use. */
export interface TriggerManifest<Attributes = Record<string, unknown>> extends Manifest {
  /** nuclio's class of the kind. */
  class: 'sync' | 'async'
  attributes: Schema<Attributes>
  check?: CheckAttributes<Attributes>
  /** `event.fields` that the kind fills, with what they mean. */
  fields?: Readonly<Record<string, string>>
  handlerMembers?: readonly HandlerMember[]
  /** What it gives handlers on their context. */
  handlerSide?: HandlerSide
  preview?: Preview<Attributes>
  /** Lowers the default `concurrency` in every mode. */
  defaultConcurrency?: number
  /**
   * May run inside its workers' threads: only where there is one worker, or a copy in each of several that share the
   * address. While a worker is replaced there are two copies in either case. Absent: never.
   */
  inWorkers?: 'single' | 'several'
  /** How a person tries it out once it is reachable: a command line, or an address for a browser. */
  tryIt?: (url: string, settings: TriggerSettings<Attributes>) => string | undefined
  /** Serves HTTP at its `url`, which `--host` and `--port` change. */
  servesUrl?: boolean
  /** The addresses that it is going to bind, known before it runs. */
  listens?: (settings: TriggerSettings<Attributes>) => ListenAddress[]
  load: () => Promise<CreateTrigger<Attributes>>
}

/** What a sink's folder exports by default from `index.ts`. The implementation is loaded on first use. */
export interface SinkManifest<Attributes = Record<string, unknown>> extends Manifest {
  attributes: Schema<Attributes>
  check?: CheckAttributes<Attributes>
  /** The addresses that it is going to bind, known before it is opened. */
  listens?: (attributes: Attributes) => ListenAddress[]
  load: () => Promise<CreateSink<Attributes>>
}

/** What a runtime's folder exports by default from `index.ts`. */
export interface RuntimeManifest extends Manifest {
  /** Schema of `spec.runtimeAttributes`. */
  attributes: Schema<Record<string, unknown>>
  /** File endings of handlers, with the dot, that choose this runtime when the file names none. */
  extensions: readonly string[]
  /** Events at a time in one worker, outside nuclio files. */
  defaultConcurrency: number
  /** Whether a trigger can run inside a worker's thread. */
  hostsResidents: boolean
  /** Whether its workers take batches (`Worker.handleBatch`). */
  takesBatches: boolean
  /** Its files are data, such as models: they are the handler only where no other file is. */
  readsData?: boolean
  /** Its workers say how many events at a time they bear; then no mode lowers `defaultConcurrency`. */
  knowsConcurrency?: boolean
  /** Kind of the trigger that a function of this runtime has when its file names none; default `http`. */
  defaultTrigger?: string
  /** What handlers of other runtimes get on their context for the models of this one (`spec.models`). Its facts are `ModelFacts[]`. */
  modelSide?: HandlerSide
  load: () => Promise<Runtime>
  /** Finds what the function's handler names, without running it (`pelton validate`). Absent: only the start tells. */
  loadCheck?: () => Promise<CheckHandler>
  /** Installs what the function needs (`pelton run --install`), or finds that it is there. Absent: nothing to install. */
  loadInstall?: () => Promise<InstallDependencies>
}

/** A function, or a model of one, as the start of its workers would find it. */
export interface HandlerCheck {
  /** Absolute folder that holds the handler. */
  folder: string
  /** As configured. */
  handler: string
  /** As configured, with its version: `python:3.11`. */
  runtime: string
  /** The function's variables, which are added to the process's. */
  env: Readonly<Record<string, string>>
  /** `runtimeAttributes`, decoded by the runtime's schema. */
  attributes: Readonly<Record<string, unknown>>
}

/** Runs nothing of the function; rejects with the `PeltonError` with which the start of a worker would. */
export type CheckHandler = (check: HandlerCheck) => Promise<void>

/** A function whose dependencies are to be installed. */
export interface InstallRequest {
  /** Absolute folder that holds the handler. */
  folder: string
  /** As configured, with its version: `python:3.11`. */
  runtime: string
  /** The function's `spec.env`. */
  env: Readonly<Record<string, string>>
  /** Told what is done, line by line, as it goes on. */
  progress: (line: string) => void
  /** Gives up: what was started is ended and the promise rejects. */
  signal: AbortSignal
}

/** Installs into the function's own folder; rejects with a `PeltonError` that holds the installer's last lines. */
export type InstallDependencies = (request: InstallRequest) => Promise<void>

/** Types a trigger's manifest. */
export function defineTrigger<Attributes>(manifest: TriggerManifest<Attributes>): TriggerManifest<Attributes> {
  return manifest
}

/** Types a sink's manifest. */
export function defineSink<Attributes>(manifest: SinkManifest<Attributes>): SinkManifest<Attributes> {
  return manifest
}

/** Types a runtime's manifest. */
export function defineRuntime(manifest: RuntimeManifest): RuntimeManifest {
  return manifest
}

/** A manifest that was found, with the module that threads import it from. */
export interface Found<M> {
  manifest: M
  /** File URL of its `index`. */
  module: string
}

/** All kinds that a processor is given; it knows none by name. Unknown kinds are undefined. */
export interface Catalogue {
  trigger(kind: string): Promise<Found<TriggerManifest> | undefined>
  sink(kind: string): Promise<Found<SinkManifest> | undefined>
  runtime(kind: string): Promise<Found<RuntimeManifest> | undefined>
  /** Every manifest, sorted by kind: loads them all, for documentation and suggestions. */
  triggers(): Promise<Found<TriggerManifest>[]>
  sinks(): Promise<Found<SinkManifest>[]>
  runtimes(): Promise<Found<RuntimeManifest>[]>
}
