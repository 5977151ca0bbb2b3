export { checkTensors, type TensorSide } from './check-tensors.ts'
export { datatypeNamed, datatypes, elementBytes, newArray, readDatatype } from './datatype.ts'
export { elementCount } from './element-count.ts'
export { readJson, type JsonValue } from './json-reader.ts'
export { readInferRequest } from './read-request.ts'
export { readInferResponse, type ReadResponseOptions } from './read-response.ts'
export type { RunFacts } from './run-facts.ts'
export { selectOutputs } from './select-outputs.ts'
export { fromFloat32, toFloat32 } from './small-float.ts'
export { rawSize, readRaw, writeRaw } from './tensor-bytes.ts'
export {
  InferenceError,
  type Datatype,
  type InferRequest,
  type InferResponse,
  type ModelMetadata,
  type Parameter,
  type Parameters,
  type RequestedOutput,
  type Tensor,
  type TensorData,
  type TensorMetadata,
} from './tensor.ts'
export { writeInferPieces, writeInferRequest } from './write-request.ts'
export { writeInferResponse } from './write-response.ts'
export { joinPieces, type InferBody, type InferPieces } from './write-tensors.ts'
