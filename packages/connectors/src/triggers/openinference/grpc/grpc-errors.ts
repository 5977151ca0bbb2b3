import type { Buffer } from 'node:buffer'
import { GrpcError, grpcCode } from '@pelton/protocols/grpc'
import { InferenceError } from '@pelton/protocols/inference'
import { MalformedMessage } from '@pelton/protocols/protobuf'

/** The gRPC code for the status of an `InferenceError`. */
function codeOfStatus(status: number): number {
  switch (status) {
    case 400:
      return grpcCode.invalidArgument
    case 404:
      return grpcCode.notFound
    case 503:
      return grpcCode.unavailable
    case 504:
      return grpcCode.deadlineExceeded
    default:
      return grpcCode.internal
  }
}

/** What ends a call for an error; what clients should not read of, a fault of our own, comes back as it is. */
export function grpcErrorOf(error: unknown): unknown {
  if (error instanceof InferenceError) return new GrpcError(codeOfStatus(error.status), error.message)
  if (error instanceof MalformedMessage) {
    return new GrpcError(grpcCode.invalidArgument, `the message cannot be read: ${error.message}`)
  }
  return error
}

/** The bytes of an answer; throws RESOURCE_EXHAUSTED when there are more than may be sent. */
export function checkedAnswer(answer: Buffer, maxBytes: number): Buffer {
  if (answer.length <= maxBytes) return answer
  throw new GrpcError(grpcCode.resourceExhausted, `the answer has ${answer.length} bytes, more than ${maxBytes}`)
}
