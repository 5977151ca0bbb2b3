import { dirname, resolve } from 'node:path'
import type { Catalogue, PeltonError } from '@pelton/core'
import {
  type ConfigFault,
  type FunctionConfig,
  type PlatformConfig,
  type ReadFunction as FunctionReading,
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
  /** File and line of a key of the function file. */
  locate: FunctionReading['locate']
  /** Why there is no function to read. */
  missing?: PeltonError
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
  const { config, files, locate, missing } = read
  const facts = { faults, files, kubernetes, locate, ...(missing ? { missing } : {}) }
  if (!config || !platform.platform) return facts
  const functions = { ...platform.platform.functions, ...request.functions }
  return { ...facts, config, platform: { ...platform.platform, functions } }
}

/** Reads everything that a function needs to run; throws `config_invalid` with all faults at once. */
export async function loadFunction(request: FunctionRequest, catalogue: Catalogue): Promise<LoadedFunction> {
  const read = await readFunction(request, catalogue)
  const loaded = await completeFunction(read, request, catalogue)
  if (!loaded) throw read.missing ?? invalid(read.faults, request.cwd)
  return loaded
}

/** Adds the environment and the default trigger to a function that was read; undefined when there is an error among its faults. */
export async function completeFunction(
  { config, faults, files, platform, kubernetes }: ReadFunction,
  request: FunctionRequest,
  catalogue: Catalogue,
): Promise<LoadedFunction | undefined> {
  if (!config || !platform) return undefined
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
  const lines = formatFaults(wrong, cwd)
  // What is no fault of a line or a key is one of the whole file: nothing in it is to be mended.
  const isOfFiles = wrong.every(({ line, path }) => line === undefined && path === '')
  return isOfFiles ? errors.config_unreadable({ faults: lines }) : errors.config_invalid({ faults: lines })
}

function isKubernetes(env: FunctionRequest['env']): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT)
}
