/** Datatypes of the Open Inference Protocol, and BF16 of Triton. */
export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BF16'
  | 'BYTES'

/**
 * The elements of a tensor, row by row: BOOL is a `Uint8Array` of 0 and 1, FP16 and BF16 are `Uint16Array`s of their
 * bits, BYTES is a list of byte strings, all others have the typed array of their name.
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly Uint8Array[]

/** What the protocol allows as a parameter; whole numbers beyond 2^53 are bigints. */
export type Parameter = boolean | number | bigint | string
export type Parameters = Readonly<Record<string, Parameter>>

/** A tensor; `data` has as many elements as the product of `shape` says. */
export interface Tensor {
  name: string
  datatype: Datatype
  /** Sizes, none below 0; empty for a scalar. */
  shape: readonly number[]
  parameters?: Parameters
  data: TensorData
}

/** An output that a client asks for. */
export interface RequestedOutput {
  name: string
  parameters?: Parameters
}

/** A request for inference, whatever it came by. */
export interface InferRequest {
  /** Empty when the client names none: in REST the path does. */
  modelName: string
  modelVersion: string
  id: string
  parameters: Parameters
  inputs: readonly Tensor[]
  /** Absent: all. */
  outputs?: readonly RequestedOutput[]
}

/** The answer to one. */
export interface InferResponse {
  modelName: string
  modelVersion: string
  id: string
  parameters: Parameters
  outputs: readonly Tensor[]
}

/** What a model takes or gives; -1 in the shape is any size. */
export interface TensorMetadata {
  name: string
  datatype: Datatype
  shape: readonly number[]
}

/** `GET /v2/models/NAME`. */
export interface ModelMetadata {
  name: string
  versions: readonly string[]
  platform: string
  inputs: readonly TensorMetadata[]
  outputs: readonly TensorMetadata[]
}

/** Why a request cannot be answered: an HTTP status and a message for the client. gRPC codes follow from the status. */
export class InferenceError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
