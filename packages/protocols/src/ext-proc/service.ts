import { Buffer } from 'node:buffer'

/** The service that a proxy calls; its one method is `Process`. */
export const extProcServiceName = 'envoy.service.ext_proc.v3.ExternalProcessor'

/** A `FileDescriptorSet` with the service and all that it imports, for reflection. */
export async function loadDescriptors(): Promise<Uint8Array> {
  const { descriptorSet } = await import('./descriptor-set.ts')
  return Buffer.from(descriptorSet, 'base64')
}
