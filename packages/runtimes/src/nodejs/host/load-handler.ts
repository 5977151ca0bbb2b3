import type { Clock } from '@pelton/core'
import type { BatchHandler, Context, Handler, InitContext } from '@pelton/sdk'
import { reasonOf } from '@pelton/sdk/host'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { errors } from '../../errors.ts'
import { exportNames, findHandlerExport, findInitContext } from './find-export.ts'
import { type HandlerPlace, findHandlerFile } from './find-handler-file.ts'
import type { HostSpec } from './host-spec.ts'
import { registerLoader } from './loader.ts'
import { shownPath } from './shown-path.ts'
import { thrownFacts } from './thrown-facts.ts'
import type { WorkerLog } from './worker-log.ts'

/** What loading needs. */
export interface LoadOptions {
  spec: HostSpec
  /** Handed to `initContext`. */
  context: Context
  log: WorkerLog
  clock: Clock
  /** Follows a part of the loading; a fault that nobody catches meanwhile fails it. */
  watched: <T>(part: Promise<T>) => Promise<T>
}

type Exports = Readonly<Record<string, unknown>>

/** nuclio waits so long for a handler that is exported late, looking so often. */
const lateExportMs = 10_000
const lateExportEveryMs = 250

/** Loads the function's handler and awaits its `initContext`. Rejects with a `PeltonError` that says what to mend. */
export async function loadHandler(options: LoadOptions): Promise<Handler | BatchHandler> {
  const { spec } = options
  const folder = realPath(spec.function.folder)
  const found = findHandlerFile(folder, spec.function.handler)
  const place = { ...found, file: realPath(found.file) }
  const module = await importModule(place.file, folder, options)
  const handler = await options.watched(handlerOf(module, place, options))
  if (handler === undefined) {
    const name = place.entry || 'handler'
    throw errors.handler_export_missing({ file: shownPath(place.file, folder), name, exports: exportNames(module) })
  }
  const init = findInitContext(module, handler)
  if (init !== undefined) await runInitContext(init, shownPath(place.file, folder), options)
  return handler
}

// Modules are known by their real paths; a folder that is not there is named by whoever looks into it.
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

async function importModule(file: string, folder: string, { log, watched }: LoadOptions): Promise<Exports> {
  const url = pathToFileURL(file).href
  const loader = registerLoader({ folder, url })
  try {
    return (await watched(import(url))) as Exports
  } catch (error) {
    // Only a failure needs what explains it.
    const { loadFailure } = await import('./load-failure.ts')
    const failure = loadFailure(error, { folder, file, lastFile: loader.lastFile() })
    if (failure.code === errors.handler_load_failed.code) log.take(undefined, 'error', failure.code, thrownFacts(error))
    throw failure
  }
}

async function handlerOf(
  module: Exports,
  place: HandlerPlace,
  { spec, clock }: LoadOptions,
): Promise<Handler | BatchHandler | undefined> {
  const find = (): Handler | BatchHandler | undefined => findHandlerExport(latest(module, place.file), place.entry)
  const deadline = clock.now() + (spec.compat === 'none' ? 0 : lateExportMs)
  let found = find()
  while (found === undefined && clock.now() < deadline) {
    await clock.sleep(lateExportEveryMs)
    found = find()
  }
  return found
}

// `module.exports` may have been replaced since it was imported; the module cache has it as it is now.
function latest(module: Exports, file: string): Exports {
  const cached = createRequire(file).cache[file]
  return cached === undefined ? module : { ...module, default: cached.exports as unknown }
}

async function runInitContext(init: InitContext, file: string, { context, log, watched }: LoadOptions): Promise<void> {
  try {
    await watched(Promise.resolve(init(context)))
  } catch (error) {
    log.take(undefined, 'error', 'init_context_failed', thrownFacts(error))
    throw errors.init_context_failed({ file, reason: reasonOf(error) }, error)
  }
}
