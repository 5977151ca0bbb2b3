export type { CompatMode } from './compat.ts'
export type {
  Context,
  FunctionCall,
  FunctionReply,
  Handler,
  HandlerResponse,
  InitContext,
  ResponseConstructor,
} from './context.ts'
export { defineHandler } from './define-handler.ts'
export type { Bytes, Event, EventData, FieldMap, HeaderMap } from './event.ts'
export { type ContextEvent, type ContextParts, type Contexts, createContexts } from './handler-context.ts'
export { type EventOptions, createEvent } from './handler-event.ts'
export { type TakeLog, createHandlerLogger, messageText } from './handler-logger.ts'
export type { InvokedEvent } from './invoked-event.ts'
export type { InvokedLog, InvokedResponse } from './invoked-response.ts'
export { type HandlerModule, type Invoke, type InvokerOptions, createInvoker } from './invoker.ts'
export type { LogLevel, Logger } from './logger.ts'
export { boundedText, plainFacts } from './plain-facts.ts'
export { reasonOf } from './read-body.ts'
export { type AnswerWay, type Reading, readResult } from './read-result.ts'
export { type RespondOptions, respond } from './respond.ts'
export type { HeaderList, Response } from './response.ts'
export { type Answer, Settlement, type SettlementOptions } from './settlement.ts'
