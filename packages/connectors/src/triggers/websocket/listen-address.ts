import type { ListenAddress, TriggerSettings } from '@pelton/core'
import type { WebSocketAttributes } from './config.ts'

const pattern = /^(?:(?:\[(?<v6>[0-9a-f:.%a-z]+)\]|(?<host>[^\s:/[\]]*)):)?(?<port>\d{1,5})$/i

/** Reads `:9001`, `9001`, `127.0.0.1:9001` or `[::1]:9001`, an empty host for all interfaces; undefined when it is none. */
export function parseAddress(text: string): { host: string; port: number } | undefined {
  const found = pattern.exec(text.trim())?.groups
  const port = Number(found?.['port'])
  return found && port <= 65_535 ? { host: found['v6'] ?? found['host'] ?? '', port } : undefined
}

/**
 * Where the trigger listens: at `websocket_addr` or `port`. A copy in a worker listens at the address that the processor
 * has reserved for all of them, which is its `url`; otherwise a `url` counts for nothing.
 */
export function listenAddress(settings: TriggerSettings<WebSocketAttributes>): ListenAddress {
  const { attributes, sharedAddress, url } = settings
  const reserved = sharedAddress && url !== undefined ? parseAddress(url) : undefined
  const address = reserved ?? parseAddress(attributes.websocket_addr ?? '') ?? { host: '', port: attributes.port ?? 0 }
  return { ...address, path: attributes.path, configured: true }
}
