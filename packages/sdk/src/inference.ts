import type { Context, HandlerResponse } from './context.ts'
import type { Event } from './event.ts'

/** The context of functions with a trigger `openinference`. */
export interface InferenceContext extends Context {
  tensors: Tensors
}

/** An event of a trigger `openinference`: a request for inference. Its body is the request as JSON. */
export interface InferenceEvent extends Event {
  /** By name; made when they are first asked for. Their arrays are not to be changed. */
  readonly inputs: Readonly<Record<string, InputTensor>>
}

/** What the elements of each datatype lie in, row by row: FP16 and BF16 as their bits, BOOL as 0 and 1. */
export interface TensorArrays {
  BOOL: Uint8Array
  UINT8: Uint8Array
  UINT16: Uint16Array
  UINT32: Uint32Array
  UINT64: BigUint64Array
  INT8: Int8Array
  INT16: Int16Array
  INT32: Int32Array
  INT64: BigInt64Array
  FP16: Uint16Array
  FP32: Float32Array
  FP64: Float64Array
  BF16: Uint16Array
  BYTES: readonly Uint8Array[]
}

/** Datatypes of the Open Inference Protocol, and BF16. */
export type TensorDatatype = keyof TensorArrays

/** An input of a known datatype; it can be given as an output as it is. */
export interface InputOf<D extends TensorDatatype> {
  readonly name: string
  readonly datatype: D
  /** Sizes; empty for a scalar. */
  readonly shape: readonly number[]
  readonly data: TensorArrays[D]
  /** The elements as numbers, what FP16 and BF16 are read by; FP32 gives its own array. `TypeError` for BYTES. */
  toFloat32(): Float32Array
}

/** An input; its `datatype` tells which array `data` is. */
export type InputTensor = { [D in TensorDatatype]: InputOf<D> }[TensorDatatype]

/** Elements as a list, which may be nested as the shape says. */
export type ElementList = readonly (number | bigint | boolean | string | Uint8Array | ElementList)[]

/** A typed array, or a list of elements; of BYTES texts or bytes. */
export type OutputData = TensorArrays[TensorDatatype] | Uint8ClampedArray | ElementList

/** An output whose datatype or shape are named; absent ones are as for data alone. */
export interface OutputTensor {
  datatype?: TensorDatatype
  shape?: readonly number[]
  data: OutputData
}

/**
 * An output. A typed array has the datatype of its type, a list that of the configured output, or BYTES for texts and bytes. The shape is that of
 * the configured output where the elements fit it, otherwise their number.
 */
export type OutputValue = OutputData | OutputTensor | InputTensor

/** What stands beside the outputs of a response. */
export interface TensorsOptions {
  parameters?: Readonly<Record<string, boolean | number | bigint | string>>
}

/** Makes results for the trigger `openinference`. */
export interface Tensors {
  /** A response with these outputs, copied now. Throws `TypeError` for what is no tensor. */
  response: (outputs: Readonly<Record<string, OutputValue>>, options?: TensorsOptions) => HandlerResponse
}
