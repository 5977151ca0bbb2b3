/** A tensor that a model takes or gives. */
export interface TensorFacts {
  name: string
  /** Datatype of the Open Inference Protocol: `FP32`, `BYTES`. */
  datatype: string
  /** Its sizes; -1 is any size, no size at all a scalar. */
  shape: readonly number[]
}

/** A model, as its file describes it. */
export interface ModelFacts {
  name: string
  version: string
  /** What runs it: `onnx_onnxruntime`. */
  platform: string
  inputs: readonly TensorFacts[]
  outputs: readonly TensorFacts[]
  /** Most rows of several requests that are run together; 0: each request is run by itself. */
  maxBatchSize: number
}
