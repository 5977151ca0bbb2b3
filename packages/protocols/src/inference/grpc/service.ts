import { Buffer } from 'node:buffer'

/** The service that clients of the Open Inference Protocol and of Triton call. */
export const inferenceServiceName = 'inference.GRPCInferenceService'

/** A `FileDescriptorSet` with the service and its messages, for reflection. */
export async function loadInferenceDescriptors(): Promise<Uint8Array> {
  const { descriptorSet } = await import('./descriptor-set.ts')
  return Buffer.from(descriptorSet, 'base64')
}
