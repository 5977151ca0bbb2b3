export { decodeProcessingRequest } from './decode-request.ts'
export { encodeProcessingReply } from './encode-reply.ts'
export type {
  BodyMode,
  BodyMutation,
  FlatHeaders,
  HeaderAction,
  HeaderMode,
  HeaderMutation,
  HeaderToSet,
  ImmediateReply,
  ModeOverride,
  Part,
  PartReply,
  ProcessingReply,
  ProcessingRequest,
} from './messages.ts'
export { partOf } from './part-of.ts'
export { extProcServiceName, loadDescriptors } from './service.ts'
