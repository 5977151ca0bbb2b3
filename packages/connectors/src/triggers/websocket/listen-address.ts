import { type ListenAddress, type TriggerSettings, parseListenAddress } from '@pelton/core'
import type { WebSocketAttributes } from './config.ts'

/**
 * Where the trigger listens: at `websocket_addr` or `port`. A copy in a worker listens at the address that the processor
 * has reserved for all of them, which is its `url`; otherwise a `url` counts for nothing.
 */
export function listenAddress(settings: TriggerSettings<WebSocketAttributes>): ListenAddress {
  const { attributes, sharedAddress, url } = settings
  const reserved = sharedAddress && url !== undefined ? parseListenAddress(url) : undefined
  const address = reserved ??
    parseListenAddress(attributes.websocket_addr ?? '') ?? { host: '', port: attributes.port ?? 0 }
  return { ...address, path: attributes.path, configured: true }
}
