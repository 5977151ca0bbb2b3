import { type ListenAddress, type TriggerSettings, parseServerAddress } from '@pelton/core'
import { errors } from '../../errors.ts'
import type { HttpAttributes } from './config.ts'

const defaultPort = 8080

/**
 * Where the trigger listens: its `url` wins over `attributes.port`, that over 8080. A `url` with a host alone leaves the
 * port open. On Kubernetes a nuclio file's `attributes.port` is the node port and counts for nothing here.
 * Throws `address_invalid`.
 */
export function listenAddress(settings: TriggerSettings<HttpAttributes>): ListenAddress {
  const { host, port } = parseUrl(settings)
  const configured = port ?? (isNodePort(settings) ? undefined : settings.attributes.port)
  return {
    host,
    port: configured ?? defaultPort,
    path: '*',
    // A pod's port is agreed upon by others: it never moves.
    configured: configured !== undefined || settings.kubernetes,
  }
}

/** Whether `attributes.port` is the port that a cluster publishes, not the one to listen on. */
export function isNodePort(settings: TriggerSettings<HttpAttributes>): boolean {
  return settings.kubernetes && settings.compat !== 'none' && settings.attributes.port !== undefined
}

function parseUrl({ name, url = '' }: Pick<TriggerSettings, 'name' | 'url'>): { host: string; port?: number } {
  const address = parseServerAddress(url)
  if (!address) throw errors.address_invalid({ trigger: name, url })
  return address
}
