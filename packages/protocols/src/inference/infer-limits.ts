import { quote } from './show.ts'
import { InferenceError } from './tensor.ts'

/** What one inference message may hold, by REST as well as gRPC, so that memory and time stay in proportion to its bytes. */
export const inferLimits = {
  /** Inputs or outputs. */
  tensors: 1_024,
  /** Outputs that a request names. */
  requestedOutputs: 1_024,
  /** By gRPC of the message, its tensors and the outputs it names together, by REST of each. */
  parameters: 1_024,
  /** Of one tensor. */
  dimensions: 64,
  /** Elements of all BYTES tensors together. */
  byteStrings: 1_048_576,
} as const

/** What is said of a tensor that has more elements of BYTES than are left to its message. */
export function tooManyByteStrings(tensor: string): InferenceError {
  const most = inferLimits.byteStrings
  return new InferenceError(400, `tensor ${quote(tensor)}: more than ${most} elements of BYTES in one message`)
}
