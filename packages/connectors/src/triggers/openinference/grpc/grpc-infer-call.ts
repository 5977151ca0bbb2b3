import type { HeaderMap } from '@pelton/core'
import type { GrpcCall } from '@pelton/protocols/grpc'
import type { InferCall } from '../inference.ts'

/** A call of gRPC as the inference takes it; signal and headers are made when they are read. */
export class GrpcInferCall implements InferCall {
  readonly protocol = 'grpc'
  readonly #call: GrpcCall

  constructor(call: GrpcCall) {
    this.#call = call
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }

  get headers(): HeaderMap {
    return this.#call.allMetadata
  }
}
