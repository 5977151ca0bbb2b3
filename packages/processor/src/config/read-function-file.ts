import { stat } from 'node:fs/promises'
import path from 'node:path'
import {
  type Catalogue,
  type Found,
  type Path,
  type PeltonError,
  type RuntimeManifest,
  isPeltonError,
} from '@pelton/core'
import { applyOverrides } from './apply-overrides.ts'
import type { ConfigFault } from './config-fault.ts'
import { decodeFunction, nameOf } from './decode-function.ts'
import { findKind } from './find-kind.ts'
import type { FunctionConfig } from './function-config.ts'
import { functionSchema } from './function-schema.ts'
import { findHandlerFile, isFile, runtimeOf } from './handler-file.ts'
import { commentLeader, findInlineBlock } from './inline-block.ts'
import { decodeSource, keepSource, sourceName } from './inline-source.ts'
import { mergeUnder } from './merge-under.ts'
import { parseYaml } from './parse-yaml.ts'
import { type PlacedValue, type Places, getOwn, isRecord, placeOf } from './placed-value.ts'
import { readConfigText, readSourceText } from './read-text.ts'
import { type FunctionPath, resolveFunctionPath } from './resolve-function-path.ts'
import { writtenKey } from './schema-keys.ts'

/** Where a function is, and what to read it with. */
export interface ReadFunctionOptions {
  /** A function's folder, its yaml file, or a handler file alone; without it `configFile`'s folder, else the current one. */
  path?: string
  /** A yaml file that is read instead of the one beside the handler. */
  configFile?: string
  /** Settings as `spec.x.y=value`, which win over the file. */
  sets?: readonly string[]
  /** Where the handler is, when it is not beside the yaml file (`NUCLIO_HANDLER_DIR`). */
  handlerFolder?: string
  kubernetes: boolean
  /** The cluster makes the events of schedules. */
  scheduledByCluster?: boolean
  catalogue: Catalogue
}

/** A function as it was read. */
export interface ReadFunction {
  /** Absent when there is an error among the faults. */
  config?: FunctionConfig
  faults: ConfigFault[]
  /** Absolute paths of the files that were read, for watching. */
  files: string[]
  /** File and line of a key, or of the nearest part of its path that is written. */
  locate: (path: Path) => { file: string; line?: number }
  /** Why nothing was read: the path leads to no function. It is among the faults, too. */
  missing?: PeltonError
}

/** One reading under way. */
interface Reading {
  options: ReadFunctionOptions
  places: Places
  faults: ConfigFault[]
  files: string[]
  placed: PlacedValue
  missing?: PeltonError
}

/** Reads a function with all its faults at once. A mistake of the user's is a fault, never an exception. */
export async function readFunctionFile(options: ReadFunctionOptions): Promise<ReadFunction> {
  const places: Places = new WeakMap()
  const placed = { value: undefined, places, file: options.path ?? '.' }
  const reading: Reading = { options, places, faults: [], files: [], placed }
  const found = await locate(reading)
  const config = found && (await readFound(reading, found))
  const { faults, files, missing } = reading
  return {
    ...(config && !faults.some((one) => one.severity === 'error') ? { config } : {}),
    faults,
    files,
    locate: (key) => placeOf(reading.placed, key, 'value'),
    ...(missing ? { missing } : {}),
  }
}

async function locate(reading: Reading): Promise<FunctionPath | undefined> {
  const { options, faults } = reading
  try {
    if (options.configFile === undefined) return await resolveFunctionPath(options.path ?? '.', options.catalogue)
    const configFile = path.resolve(options.configFile)
    const full = path.resolve(options.path ?? path.dirname(configFile))
    const facts = await stat(full).catch(() => undefined)
    if (facts?.isDirectory()) return { folder: full, configFile }
    const beside = await resolveFunctionPath(full, options.catalogue)
    return { ...beside, configFile }
  } catch (error) {
    if (!isPeltonError(error)) throw error
    reading.missing = error
    const message = `${error.message}. ${error.help}`
    faults.push({ severity: 'error', file: path.resolve(options.path ?? '.'), path: '', message })
    return undefined
  }
}

async function readFound(reading: Reading, found: FunctionPath): Promise<FunctionConfig | undefined> {
  const { options, places, faults, placed } = reading
  placed.file = found.configFile ?? found.handlerFile ?? found.folder
  if (found.configFile !== undefined) {
    const value = await readYamlFile(reading, found.configFile)
    if (value === undefined) return undefined
    placed.value = value
  }
  const schema = functionSchema('nuclio')
  const sets = await applyOverrides(placed, options.sets ?? [], schema)
  faults.push(...sets)
  const source = await findSource(reading, found, placed)
  const inline = await readInlineBlock(reading, source)
  if (inline !== undefined) placed.value = mergeUnder(placed.value, inline, schema, places)
  const isAlone = found.configFile === undefined && inline === undefined
  if (isAlone) placed.value = { apiVersion: 'pelton/v1', ...(isRecord(placed.value) ? placed.value : {}) }
  const configFile = found.configFile ?? (inline === undefined ? undefined : found.handlerFile)
  const { config, faults: decoded } = await decodeFunction(placed, {
    folder: source.folder,
    ...(configFile === undefined ? {} : { configFile }),
    ...(source.onlyFile === undefined ? {} : { onlyFile: source.onlyFile }),
    defaultName: nameOf(source.folder, found.configFile === undefined ? found.handlerFile : undefined),
    runtimeOfHandler: source.runtime,
    kubernetes: options.kubernetes,
    scheduledByCluster: options.scheduledByCluster,
    catalogue: options.catalogue,
  })
  faults.push(...decoded)
  return config
}

async function readYamlFile(reading: Reading, file: string): Promise<unknown> {
  reading.files.push(file)
  const read = await readConfigText(file)
  if ('fault' in read) {
    reading.faults.push(read.fault)
    return undefined
  }
  const { text } = read
  const { value, faults } = await parseYaml(text, {
    file,
    places: reading.places,
    areWordsBooleans: !isPeltonText(text),
  })
  reading.faults.push(...faults)
  if (value === undefined || isRecord(value)) return value
  const message = 'expected keys such as apiVersion, metadata and spec'
  reading.faults.push({ severity: 'error', file, path: '', message })
  return undefined
}

function isPeltonText(text: string): boolean {
  return /^\s*api_?version\s*:\s*["']?pelton\//im.test(text)
}

/** The source file of the function, as far as it can be told before all is decoded. */
interface Source {
  folder: string
  file?: string
  /** Name of the one file that is the whole function. */
  onlyFile?: string
  runtime?: Found<RuntimeManifest>
}

async function findSource(reading: Reading, found: FunctionPath, placed: PlacedValue): Promise<Source> {
  const { handler, runtime, buildPath, code } = peek(placed.value)
  const runtimes = await possibleRuntimes(runtime, reading.options.catalogue)
  if (found.handlerFile !== undefined) return sourceOf(found.handlerFile, runtimes)
  const built = buildPath === undefined ? undefined : path.resolve(found.folder, buildPath)
  if (built !== undefined && (await isFile(built)) && runtimeOf(built, runtimes)) return sourceOf(built, runtimes)
  const folders = [built, found.folder, reading.options.handlerFolder].filter((folder) => folder !== undefined)
  for (const folder of folders) {
    const handlerFile = await findHandlerFile(path.resolve(folder), handler, runtimes)
    if (handlerFile) return { folder: path.resolve(folder), ...handlerFile }
  }
  if (code !== undefined) return keepInlineSource(reading, placed, { code, handler, runtimes, folder: found.folder })
  const isBuilt = built !== undefined && (await stat(built).catch(() => undefined))?.isDirectory()
  return { folder: isBuilt ? built : (reading.options.handlerFolder ?? found.folder) }
}

/** The runtime that is named, so that only its module is loaded and only its files count; all when none is. */
async function possibleRuntimes(runtime: string, catalogue: Catalogue): Promise<Found<RuntimeManifest>[]> {
  const [kind = ''] = runtime.split(':')
  if (kind === '') return catalogue.runtimes()
  const search = await findKind('runtime', kind, {
    one: (name) => catalogue.runtime(name),
    all: () => catalogue.runtimes(),
  })
  return 'found' in search ? [search.found] : []
}

function sourceOf(file: string, runtimes: readonly Found<RuntimeManifest>[]): Source {
  const runtime = runtimeOf(file, runtimes)
  return { folder: path.dirname(file), file, onlyFile: path.basename(file), ...(runtime ? { runtime } : {}) }
}

function peek(value: unknown): { handler: string; runtime: string; buildPath?: string; code?: string } {
  const at = (container: unknown, key: string): unknown =>
    isRecord(container) ? getOwn(container, writtenKey(undefined, container, key) ?? key) : undefined
  const textAt = (container: unknown, key: string): string => {
    const text = at(container, key)
    return typeof text === 'string' ? text : ''
  }
  const spec = at(value, 'spec')
  const build = at(spec, 'build')
  const [buildPath, code] = [textAt(build, 'path'), textAt(build, 'functionSourceCode')]
  return {
    handler: textAt(spec, 'handler'),
    runtime: textAt(spec, 'runtime'),
    ...(buildPath ? { buildPath } : {}),
    ...(code ? { code } : {}),
  }
}

async function keepInlineSource(
  reading: Reading,
  placed: PlacedValue,
  given: { code: string; handler: string; folder: string; runtimes: readonly Found<RuntimeManifest>[] },
): Promise<Source> {
  const at = ['spec', 'build', 'functionSourceCode']
  const fail = (message: string): Source => {
    reading.faults.push({ severity: 'error', ...placeOf(placed, at, 'value'), path: at.join('.'), message })
    return { folder: given.folder }
  }
  const code = decodeSource(given.code)
  if (code === undefined) return fail('expected sources in base64')
  const [kind] = peek(placed.value).runtime.split(':')
  const runtime = given.runtimes.find(
    ({ manifest }) => manifest.kind === kind || manifest.aliases?.includes(kind ?? ''),
  )
  if (!runtime) return { folder: given.folder }
  const name = sourceName(given.handler, runtime.manifest.extensions)
  try {
    const folder = await keepSource(code, name)
    return { folder, file: path.join(folder, name), runtime }
  } catch (error) {
    return fail(`cannot be written to the cache: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function readInlineBlock(reading: Reading, { file, runtime }: Source): Promise<unknown> {
  // Data has no comments that a configuration could stand in, and may be large.
  if (file === undefined || runtime?.manifest.readsData) return undefined
  const { places, faults, files } = reading
  files.push(file)
  const read = await readSourceText(file)
  // A source that cannot be read is the runtime's to report, which names the handler too.
  if ('fault' in read) return undefined
  const block = findInlineBlock(read.text, commentLeader(path.extname(file)))
  if (!block) return undefined
  const { value, faults: found } = await parseYaml(block.text, {
    file,
    places,
    firstLine: block.firstLine,
    areWordsBooleans: !isPeltonText(block.text),
    prefix: 'Failed to parse inline configuration: ',
  })
  faults.push(...found)
  if (value === undefined) return undefined
  const inline = getOwn(value, 'function.yaml')
  if (isRecord(inline)) return inline
  const message = 'Failed to parse inline configuration: expected the key function.yaml with the configuration under it'
  faults.push({ severity: 'error', file, line: block.firstLine, path: '', message })
  return undefined
}
