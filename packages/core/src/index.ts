export { type BackoffRules, backoffMs } from './backoff.ts'
export { type ClientTlsFiles, checkClientTls, clientTls } from './client-tls.ts'
export { type Clock, type Timer, systemClock } from './clock.ts'
export {
  type ConfiguredEvent,
  checkConfiguredEvent,
  configuredEvent,
  createConfiguredEvent,
} from './configured-event.ts'
export { checkConfiguredHeaders } from './configured-headers.ts'
export type { Bytes, EventData, Failed, FieldMap, Handled, HeaderList, HeaderMap, Outcome, Response } from './event.ts'
export { type HandlerName, parseHandler } from './handler-name.ts'
export {
  type AttributeNote,
  type Catalogue,
  type CheckAttributes,
  type CheckFacts,
  type Found,
  type HandlerMember,
  type CheckHandler,
  type HandlerCheck,
  type InstallDependencies,
  type InstallRequest,
  type Preview,
  type RuntimeManifest,
  type SinkManifest,
  type Stability,
  type TriggerManifest,
  defineRuntime,
  defineSink,
  defineTrigger,
} from './kind.ts'
export { parseListenAddress, parseServerAddress } from './listen-address.ts'
export {
  type LogCapture,
  type LogLevel,
  type LogRecord,
  type PeltonLogger,
  type WriteLog,
  createLogger,
  isLogged,
  logLevels,
} from './log.ts'
export type { ModelFacts, TensorFacts } from './model-facts.ts'
export { moduleBeside } from './module-beside.ts'
export { type OutcomeEnd, outcomeEnd } from './outcome-end.ts'
export {
  type Blame,
  type ErrorRow,
  type ErrorTable,
  PeltonError,
  defineErrors,
  errorRow,
  isPeltonError,
} from './pelton-error.ts'
export type {
  CallTrigger,
  Compat,
  CreateHandlerSide,
  FunctionFacts,
  HandleOptions,
  HandlerSide,
  KindSide,
  ViewEvent,
  Resident,
  ResidentControl,
  ResidentHost,
  Runtime,
  StartResident,
  Task,
  Worker,
  WorkerEnd,
  WorkerFault,
  WorkerHooks,
  WorkerSpec,
} from './runtime.ts'
export { type Decoded, type PartOf, decode, fieldNames } from './schema/decode.ts'
export { oneOf } from './schema/decode-scalar.ts'
export { formatDuration, parseDuration } from './schema/duration.ts'
export { type JsonSchema, jsonSchemaDialect, toJsonSchema } from './schema/json-schema.ts'
export { normaliseKey } from './schema/key.ts'
export { nearest } from './schema/nearest.ts'
export { type Path, formatPath, quote } from './schema/path.ts'
export * as schema from './schema/schema.ts'
export type {
  AnySchema,
  BooleanSchema,
  ChoiceSchema,
  DurationSchema,
  FieldTypes,
  ListSchema,
  MapSchema,
  NumberSchema,
  ObjectSchema,
  Schema,
  SizeSchema,
  Static,
  StringSchema,
} from './schema/schema.ts'
export type { SchemaFault } from './schema/schema-fault.ts'
export { formatSize, parseSize } from './schema/size.ts'
export { type TableRow, toMarkdownTable, toTable } from './schema/table.ts'
export type { CreateSink, Sink, SinkItem, SinkSettings } from './sink.ts'
export { type SinkRules, splitSinkRules, withSinkRules } from './sink-rules.ts'
export {
  type CreateTrigger,
  type DispatchOptions,
  type EventTimes,
  type Finished,
  type ListenAddress,
  type Series,
  type Serving,
  type Shared,
  type Trigger,
  type TriggerContext,
  type TriggerSettings,
  type TriggerWorkers,
  defineShared,
} from './trigger.ts'
export { untilAborted } from './until-aborted.ts'
