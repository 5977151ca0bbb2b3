/** What one inference message may hold, so that memory stays in proportion to its bytes. */
export const inferLimits = {
  /** Inputs or outputs. */
  tensors: 1_024,
  /** Outputs that a request names. */
  requestedOutputs: 1_024,
  /** Of the message, its tensors and the outputs it names, together. */
  parameters: 1_024,
  /** Of one tensor. */
  dimensions: 64,
  /** Elements of all BYTES tensors together. */
  byteStrings: 1_048_576,
} as const
