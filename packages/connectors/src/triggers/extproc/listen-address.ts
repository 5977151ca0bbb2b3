import { type ListenAddress, type TriggerSettings, parseListenAddress } from '@pelton/core'
import type { ExtProcAttributes } from './config.ts'

/**
 * Where the trigger listens: at `port` of all interfaces. A copy in a worker listens at the address that the processor
 * has reserved for all of them, which is its `url`; otherwise a `url` counts for nothing.
 */
export function listenAddress(settings: TriggerSettings<ExtProcAttributes>): ListenAddress {
  const { attributes, sharedAddress, url } = settings
  const reserved = sharedAddress && url !== undefined ? parseListenAddress(url) : undefined
  return { ...(reserved ?? { host: '', port: attributes.port }), path: '*', configured: true }
}
