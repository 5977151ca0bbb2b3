import { type Dirent, readdirSync, statSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { errors } from '../errors.ts'

/** A model's file and the name by which it is served. */
export interface ModelFile {
  name: string
  /** Of files beside each other `1`; of Triton's layout the folder's number. */
  version: string
  /** Absolute. */
  file: string
}

const ending = '.onnx'
const fileOfVersion = 'model.onnx'

/**
 * The models that a handler names, by name, newest version first: a file, or a folder with `NAME.onnx` and
 * `NAME/VERSION/model.onnx`; with `wanted` only those. Throws `model_not_loaded` when there is none, or one of `wanted` is missing.
 */
export function findModels(folder: string, handler: string, wanted?: readonly string[]): ModelFile[] {
  const place = resolve(folder, handler)
  const models = statOf(place)?.isDirectory() ? modelsIn(place, listPaths(place)) : [singleModel(place)]
  if (wanted === undefined) return models
  const names = new Set(models.map(({ name }) => name))
  const missing = wanted.find((name) => !names.has(name))
  if (missing === undefined) return models.filter(({ name }) => wanted.includes(name))
  throw errors.model_not_loaded({
    file: place,
    reason: `there is no model ${missing}`,
    way: `put its file there, or unload it; there are ${[...names].join(', ')}`,
  })
}

/** The models among the paths of a folder, which are relative to it, with `/`. Throws `model_not_loaded` when there is none, or two are one. */
export function modelsIn(place: string, paths: readonly string[]): ModelFile[] {
  const models = paths.flatMap((path) => modelAt(place, path) ?? []).toSorted(byNameAndVersion)
  if (models.length === 0) {
    throw errors.model_not_loaded({
      file: place,
      reason: 'the folder holds no model',
      way: 'put NAME.onnx or NAME/VERSION/model.onnx into it, VERSION being a number, or name another folder or file in spec.handler',
    })
  }
  for (const [index, { name, version, file }] of models.entries()) {
    const other = models[index - 1]
    if (other?.name !== name || other.version !== version) continue
    throw errors.model_not_loaded({
      file,
      reason: `it is version ${version} of the model ${name}, and so is ${other.file}`,
      way: 'rename or remove one of them',
    })
  }
  return models
}

/** By name; of one name the greatest version first: it is what a request without a version gets. */
function byNameAndVersion(a: ModelFile, b: ModelFile): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return Number(b.version) - Number(a.version)
}

function modelAt(place: string, path: string): ModelFile | undefined {
  const parts = path.split('/')
  const [name = '', version = '', file] = parts
  if (parts.length === 1 && isModelName(name)) return { name: stemOf(name), version: '1', file: join(place, name) }
  if (parts.length !== 3 || file !== fileOfVersion || !isVersion(version)) return undefined
  return { name, version, file: join(place, path) }
}

function singleModel(place: string): ModelFile {
  // A handler may be named without its ending, as in other languages.
  const file = extname(place) === '' && statOf(place) === undefined ? place + ending : place
  if (statOf(file)?.isFile()) return { name: stemOf(file), version: '1', file }
  throw errors.model_not_loaded({
    file,
    reason: 'there is no such file',
    way: 'mend spec.handler, which names it, or put the file there',
  })
}

/** Paths to the depth of Triton's layout; what is hidden and what npm installs is left out. */
function listPaths(place: string): string[] {
  return entriesOf(place).flatMap((entry) => {
    if (!entry.isDirectory() && !statOf(join(place, entry.name))?.isDirectory()) return [entry.name]
    return entriesOf(join(place, entry.name))
      .filter(({ name }) => isVersion(name) && statOf(join(place, entry.name, name, fileOfVersion)) !== undefined)
      .map(({ name }) => `${entry.name}/${name}/${fileOfVersion}`)
  })
}

function entriesOf(folder: string): Dirent[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
}

function statOf(path: string): ReturnType<typeof statSync> | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function isModelName(name: string): boolean {
  return extname(name).toLowerCase() === ending
}

/** Triton takes folders whose names are numbers and do not begin with 0. */
function isVersion(name: string): boolean {
  return /^[1-9]\d{0,14}$/.test(name)
}

function stemOf(file: string): string {
  return basename(file, extname(file))
}
