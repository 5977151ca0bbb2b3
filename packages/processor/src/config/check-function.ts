import {
  type HandlerCheck,
  type Path,
  type PeltonError,
  type RuntimeManifest,
  formatPath,
  isPeltonError,
} from '@pelton/core'
import { planFunction } from '../plan-function.ts'
import type { ConfigFault } from './config-fault.ts'
import type { FunctionConfig } from './function-config.ts'
import type { ReadFunction } from './read-function-file.ts'

/**
 * What a start would refuse in a configuration that was read without an error: addresses and placements, handlers and models
 * that are not there. Looks at files and runs nothing of the function; binds nothing, so that taken ports are not found.
 */
export async function checkFunction(
  config: FunctionConfig,
  { locate }: Pick<ReadFunction, 'locate'>,
): Promise<ConfigFault[]> {
  const faults: ConfigFault[] = []
  const note = (path: Path, { message, help }: PeltonError): void => {
    faults.push({ severity: 'error', ...locate(path), path: formatPath(path), message: `${message}. ${help}` })
  }
  planFunction(config, { watches: false, inspected: false, traces: false }, ({ at, error }) =>
    note(['spec', 'triggers', ...at], error),
  )
  for (const { path, manifest, check } of handlersOf(config)) {
    const refusal = await checkHandler(manifest, check)
    if (refusal) note(path, refusal)
  }
  return faults
}

/** Something that workers load, and the key that names it. */
interface NamedHandler {
  path: Path
  manifest: RuntimeManifest
  check: HandlerCheck
}

function handlersOf({ folder, env, handler, runtime, runtimeAttributes, ...config }: FunctionConfig): NamedHandler[] {
  const { manifest } = config.runtimeManifest
  const own = { folder, handler, runtime, env, attributes: runtimeAttributes }
  const models = config.models.map(({ name, file, runtimeManifest, runtimeAttributes: attributes }): NamedHandler => {
    const check = { folder, handler: file, runtime: runtimeManifest.manifest.kind, env, attributes }
    return { path: ['spec', 'models', name, 'file'], manifest: runtimeManifest.manifest, check }
  })
  return [{ path: ['spec', 'handler'], manifest, check: own }, ...models]
}

async function checkHandler({ loadCheck }: RuntimeManifest, check: HandlerCheck): Promise<PeltonError | undefined> {
  try {
    await (
      await loadCheck?.()
    )?.(check)
    return undefined
  } catch (error) {
    if (isPeltonError(error)) return error
    throw error
  }
}
