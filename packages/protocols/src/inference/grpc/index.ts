export {
  type DecodedRequest,
  type StreamedResponse,
  decodeModelInferRequest,
  decodeModelInferResponse,
  decodeModelStreamInferResponse,
} from './decode-infer.ts'
export {
  type ContentsForm,
  encodeModelInferRequest,
  encodeModelInferResponse,
  encodeModelStreamInferError,
  encodeModelStreamInferResponse,
} from './encode-infer.ts'
export {
  type ModelConfig,
  type ServerMetadata,
  encodeModelConfig,
  encodeModelMetadata,
  encodeReadiness,
  encodeServerMetadata,
} from './encode-metadata.ts'
export {
  type BatchStatistics,
  type ModelStatistics,
  type StatisticDuration,
  encodeModelStatistics,
} from './encode-statistics.ts'
export { type ModelReference, decodeModelReference } from './model-reference.ts'
export {
  type RepositoryIndexRequest,
  type RepositoryModel,
  type RepositoryModelRequest,
  type RepositoryParameter,
  decodeRepositoryIndexRequest,
  decodeRepositoryModelRequest,
  encodeRepositoryIndex,
  repositoryModelReply,
} from './repository-messages.ts'
export { type RequestNames, decodeRequestNames } from './request-names.ts'
export { inferenceServiceName, loadInferenceDescriptors } from './service.ts'
