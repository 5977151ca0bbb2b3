import { dirname, resolve } from 'node:path'
import type { Catalogue } from '@pelton/core'
import {
  type ConfigFault,
  type FunctionConfig,
  type PlatformConfig,
  formatFaults,
  readFunctionFile,
  readPlatformFile,
} from '@pelton/processor'
import { mergeEnv, readEnvFile } from '../env-file.ts'
import { errors } from '../errors.ts'
import type { WatchedFiles } from '../watch/watch-files.ts'
import { withDefaultTrigger } from './default-trigger.ts'

/** Which function, and what the command line changes about it. */
export interface FunctionRequest {
  /** A function's folder, its yaml file, or a handler file alone. */
  path: string | undefined
  configFile: string | undefined
  platformFile: string | undefined
  envFile: string | undefined
  /** `spec.x.y=value` settings. */
  assignments: readonly string[]
  /** Base URLs of other functions by name; they win over the platform file's. */
  functions: Readonly<Record<string, string>>
  /** Absolute; relative paths start here. */
  cwd: string
  env: Readonly<Record<string, string | undefined>>
}

/** A function as it was read. */
export interface ReadFunction {
  /** Absent when there is an error among the faults. */
  config?: FunctionConfig
  faults: readonly ConfigFault[]
  /** Absolute paths of the files that were read. */
  files: readonly string[]
  /** Absent when the platform file has an error. */
  platform?: PlatformConfig
  kubernetes: boolean
}

/** A function that can be run. */
export interface LoadedFunction {
  config: FunctionConfig
  platform: PlatformConfig
  kubernetes: boolean
  warnings: readonly ConfigFault[]
  /** What its configuration and its code depend on. */
  watched: WatchedFiles
}

/** Reads the function file and the platform file. Mistakes in them are faults; nothing is thrown for them. */
export async function readFunction(request: FunctionRequest, catalogue: Catalogue): Promise<ReadFunction> {
  const { path, configFile, cwd, env } = request
  const kubernetes = isKubernetes(env)
  const platformFile = request.platformFile === undefined ? undefined : resolve(cwd, request.platformFile)
  const platform = await readPlatformFile(platformFile)
  const read = await readFunctionFile({
    path: resolve(cwd, path ?? configFile ?? '.'),
    ...(configFile !== undefined && path !== undefined ? { configFile: resolve(cwd, configFile) } : {}),
    ...(env.NUCLIO_HANDLER_DIR ? { handlerFolder: env.NUCLIO_HANDLER_DIR } : {}),
    sets: request.assignments,
    kubernetes,
    scheduledByCluster: kubernetes && platform.platform?.schedulesCron === true,
    catalogue,
  })
  const faults = [...platform.faults, ...read.faults]
  if (!read.config || !platform.platform) return { faults, files: read.files, kubernetes }
  const functions = { ...platform.platform.functions, ...request.functions }
  return { config: read.config, faults, files: read.files, platform: { ...platform.platform, functions }, kubernetes }
}

/** Reads everything that a function needs to run; throws `config_invalid` with all faults at once. */
export async function loadFunction(request: FunctionRequest, catalogue: Catalogue): Promise<LoadedFunction> {
  const { config, faults, files, platform, kubernetes } = await readFunction(request, catalogue)
  if (!config || !platform) throw invalid(faults, request.cwd)
  const named = request.envFile === undefined ? undefined : resolve(request.cwd, request.envFile)
  const { file: envFile, values } = await readEnvFile(named, config.file ? dirname(config.file) : config.folder)
  const withEnv = { ...config, env: mergeEnv(values, request.env, config.env) }
  return {
    config: await withDefaultTrigger(withEnv, platform, { catalogue, kubernetes }),
    platform,
    kubernetes,
    warnings: faults,
    watched: { folder: config.folder, files: [...files, ...(envFile === undefined ? [] : [envFile])] },
  }
}

function invalid(faults: readonly ConfigFault[], cwd: string): Error {
  const wrong = faults.filter(({ severity }) => severity === 'error')
  return errors.config_invalid({ faults: formatFaults(wrong, cwd) })
}

function isKubernetes(env: FunctionRequest['env']): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT)
}
