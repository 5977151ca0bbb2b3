import { type Catalogue, decode } from '@pelton/core'
import type { FunctionConfig, PlatformConfig, TriggerConfig } from '@pelton/processor'

/** nuclio's name of the trigger that a platform adds. */
const name = 'default-http'

/** The configuration with a default http trigger when it has no trigger and neither the file nor the platform forbids it. */
export async function withDefaultTrigger(
  config: FunctionConfig,
  platform: PlatformConfig,
  facts: { catalogue: Catalogue; kubernetes: boolean },
): Promise<FunctionConfig> {
  if (config.triggers.length > 0 || !config.allowsDefaultTrigger || platform.disablesDefaultTrigger) return config
  const manifest = await facts.catalogue.trigger('http')
  if (!manifest) return config
  const trigger: TriggerConfig = {
    manifest,
    settings: {
      name,
      kind: 'http',
      attributes: decode(manifest.manifest.attributes, {}).value ?? {},
      compat: config.compat,
      folder: config.folder,
      kubernetes: facts.kubernetes,
      numWorkers: 1,
      // Nobody who tries a handler file alone asked for a port that the whole network sees.
      ...(config.file === undefined ? { url: '127.0.0.1' } : {}),
    },
    numWorkers: 1,
    workerWaitMs: 10_000,
    workerTerminationMs: 10_000,
    placement: 'auto',
    requiredForReady: true,
    sinks: [],
  }
  return { ...config, triggers: [trigger] }
}
