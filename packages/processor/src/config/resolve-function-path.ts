import { stat } from 'node:fs/promises'
import path from 'node:path'
import { type Catalogue, oneOf } from '@pelton/core'
import { errors } from '../errors.ts'
import { chooseFile, namesIn, runtimeOf } from './handler-file.ts'

/** What a path names: a yaml file, a handler file alone, or a folder that holds one of them. */
export interface FunctionPath {
  /** Absolute. */
  folder: string
  /** Absolute; wins over `handlerFile`. */
  configFile?: string
  /** Absolute. */
  handlerFile?: string
}

const configNames = ['function.yaml', 'function.yml', 'processor.yaml', 'processor.yml']

/** Finds the function at a path; rejects with a `PeltonError` when there is none, or more than one. */
export async function resolveFunctionPath(
  given: string,
  catalogue: Pick<Catalogue, 'runtimes'>,
): Promise<FunctionPath> {
  const full = path.resolve(given)
  const facts = await stat(full).catch((cause: unknown) => {
    throw errors.function_path_missing({ path: full }, cause)
  })
  if (facts.isDirectory()) return inFolder(full, catalogue)
  const folder = path.dirname(full)
  if (/\.ya?ml$/i.test(full)) return { folder, configFile: full }
  const runtimes = await catalogue.runtimes()
  if (facts.isFile() && runtimeOf(full, runtimes)) return { folder, handlerFile: full }
  const endings = oneOf(['.yaml', ...runtimes.flatMap(({ manifest }) => manifest.extensions)])
  throw errors.function_path_unclear({ path: full, reason: `a function is a folder or a file that ends in ${endings}` })
}

async function inFolder(folder: string, catalogue: Pick<Catalogue, 'runtimes'>): Promise<FunctionPath> {
  const names = await namesIn(folder)
  const config = configNames.find((name) => names.includes(name))
  if (config !== undefined) return { folder, configFile: path.join(folder, config) }
  const runtimes = await catalogue.runtimes()
  const choice = chooseFile(names, runtimes)
  if ('name' in choice) return { folder, handlerFile: path.join(folder, choice.name) }
  const [first, second] = choice.candidates
  const reason =
    first !== undefined && second !== undefined
      ? `it holds several handlers, such as ${first} and ${second}`
      : 'it holds neither a function.yaml nor a handler file'
  throw errors.function_path_unclear({ path: folder, reason })
}
