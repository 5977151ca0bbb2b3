import type { Catalogue } from '@pelton/core'
import { createConnectorCatalogue } from '@pelton/connectors'
import { createRuntimeCatalogue } from '@pelton/runtimes'

/** All kinds that this command brings along. Kinds are loaded when they are asked for. */
export function createCatalogue(): Catalogue {
  return { ...createConnectorCatalogue(), ...createRuntimeCatalogue() }
}
