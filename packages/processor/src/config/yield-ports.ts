import type { ListenAddress } from '@pelton/core'
import type { TriggerConfig } from './function-config.ts'

/** Tells each trigger which of its default ports others take with all their paths, so that it may keep clear of them. */
export function yieldPorts(configs: readonly TriggerConfig[]): void {
  const addresses = new Map(configs.map((config) => [config, addressesOf(config)]))
  for (const config of configs) {
    const defaults = addresses.get(config)?.filter(({ configured, path }) => !configured && path !== '*') ?? []
    const others = configs.filter((other) => other !== config).flatMap((other) => addresses.get(other) ?? [])
    const taken = others.filter(({ path }) => path === '*').map(({ port }) => port)
    const takenPorts = defaults.map(({ port }) => port).filter((port) => taken.includes(port))
    if (takenPorts.length > 0) config.settings.takenPorts = takenPorts
  }
}

function addressesOf({ manifest, settings }: TriggerConfig): ListenAddress[] {
  return manifest.manifest.listens?.(settings) ?? []
}
