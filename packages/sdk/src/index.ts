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
export type { LogLevel, Logger } from './logger.ts'
export type { HeaderList, Response } from './response.ts'
