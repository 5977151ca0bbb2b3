import { type Catalogue, decode } from '@pelton/core'
import type { FunctionConfig, PlatformConfig, TriggerConfig } from '@pelton/processor'

/** The configuration with the default trigger of its runtime, mostly http, when it has none and neither the file nor the platform forbids it. */
export async function withDefaultTrigger(
  config: FunctionConfig,
  platform: PlatformConfig,
  facts: { catalogue: Catalogue; kubernetes: boolean },
): Promise<FunctionConfig> {
  if (config.triggers.length > 0 || !config.allowsDefaultTrigger || platform.disablesDefaultTrigger) return config
  const kind = config.runtimeManifest.manifest.defaultTrigger ?? 'http'
  const manifest = await facts.catalogue.trigger(kind)
  if (!manifest) return config
  const trigger: TriggerConfig = {
    manifest,
    settings: {
      // nuclio's name of the trigger that a platform adds.
      name: `default-${kind}`,
      kind,
      attributes: decode(manifest.manifest.attributes, {}).value ?? {},
      compat: config.compat,
      folder: config.folder,
      kubernetes: facts.kubernetes,
      numWorkers: 1,
      runtime: config.runtimeManifest.manifest.kind,
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
