export { type Clock, type Timer, systemClock } from './clock.ts'
export type { Bytes, EventData, Failed, FieldMap, Handled, HeaderList, HeaderMap, Outcome, Response } from './event.ts'
export {
  type Catalogue,
  type Found,
  type HandlerMember,
  type RuntimeManifest,
  type Stability,
  type TriggerManifest,
  defineRuntime,
  defineTrigger,
} from './kind.ts'
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
  Compat,
  FunctionFacts,
  HandleOptions,
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
export * as schema from './schema/schema.ts'
export type { ObjectSchema, Schema, Static } from './schema/schema.ts'
export {
  type CreateTrigger,
  type DispatchOptions,
  type ListenAddress,
  type Shared,
  type Trigger,
  type TriggerContext,
  type TriggerSettings,
  defineShared,
} from './trigger.ts'
