export type { CompatMode } from './compat.ts'
export type {
  BatchHandler,
  Context,
  FunctionCall,
  FunctionReply,
  Handler,
  HandlerResponse,
  InitContext,
  ResponseConstructor,
} from './context.ts'
export { defineHandler } from './define-handler.ts'
export type { Box, BoxLook, BoxPlace } from './draw-boxes/box.ts'
export type { DrawBoxesOptions } from './draw-boxes/draw-boxes.ts'
export { JpegError, type JpegErrorCode } from './draw-boxes/jpeg-error.ts'
export { drawBoxes } from './draw-boxes.ts'
export type { Bytes, Event, EventData, FieldMap, HeaderMap } from './event.ts'
export type {
  ExtProc,
  ExtProcBodyMode,
  ExtProcContext,
  ExtProcEvent,
  ExtProcModeOverride,
  ExtProcRequest,
  HeaderValues,
  ImmediateOptions,
  ProceedOptions,
} from './ext-proc.ts'
export type {
  ElementList,
  InferenceContext,
  InferenceEvent,
  InputOf,
  InputTensor,
  OutputData,
  OutputTensor,
  OutputValue,
  TensorArrays,
  TensorDatatype,
  Tensors,
  TensorsOptions,
} from './inference.ts'
export type { InvokedEvent } from './invoked-event.ts'
export type { InvokedLog, InvokedResponse } from './invoked-response.ts'
export {
  type BatchHandlerModule,
  type HandlerModule,
  type Invoke,
  type InvokeBatch,
  type Invoked,
  type InvokerOptions,
  createInvoker,
} from './invoker.ts'
export type { LogLevel, Logger } from './logger.ts'
export {
  type Model,
  ModelError,
  type ModelInput,
  type ModelResult,
  type ModelTensor,
  type Models,
  type ModelsContext,
  type RunOptions,
} from './models.ts'
export { type RespondOptions, respond } from './respond.ts'
export type { BodyType, HeaderList, Response } from './response.ts'
export type { WebSocketConnection, WebSocketContext, WebSocketEvent, WebSocketSender } from './websocket.ts'
