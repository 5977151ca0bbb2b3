import { type HandlerName, parseHandler } from '@pelton/core'
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errors } from '../../errors.ts'

/** Where a handler is. */
export interface HandlerPlace {
  /** Absolute path. */
  file: string
  /** Exported name; empty for the default. */
  entry: string
}

/** File endings that a handler may have, in the order in which they are looked for. */
export const handlerEndings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const

const defaultModules = ['handler', 'index', 'main']
const anyEnding = /\.(?:[mc]?[jt]s|[jt]sx)$/
const typescriptOf: Record<string, string> = { '.js': '.ts', '.mjs': '.mts', '.cjs': '.cts' }

/** Finds the file of a `handler` setting: `export`, `file:export`, or a file's name. Throws when there is none. */
export function findHandlerFile(folder: string, handler: string): HandlerPlace {
  const name = parseHandler(handler)
  if (name === undefined) throw errors.handler_name_invalid({ handler })
  const { module, entry } = fileOrExport(name)
  if (module !== '') return { file: first(folder, variantsOf(module)), entry }
  const byDefault = defaultModules.flatMap(variantsOf)
  const found = firstOf(folder, byDefault)
  if (found !== undefined) return { file: found, entry }
  // The one word may have been meant as the file: nothing else is there that could hold an export.
  return { file: first(folder, [...byDefault, ...(entry === '' ? [] : variantsOf(entry))]), entry: '' }
}

function fileOrExport({ module, entry }: HandlerName): HandlerName {
  const isFile = module === '' && (anyEnding.test(entry) || entry.includes('/'))
  return isFile ? { module: entry, entry: '' } : { module, entry }
}

function variantsOf(module: string): string[] {
  const ending = anyEnding.exec(module)?.[0]
  if (ending === undefined) {
    return [
      ...handlerEndings.map((each) => module + each),
      ...handlerEndings.map((each) => join(module, `index${each}`)),
    ]
  }
  const typescript = typescriptOf[ending]
  return typescript === undefined ? [module] : [module, module.slice(0, -ending.length) + typescript]
}

function first(folder: string, tried: readonly string[]): string {
  const found = firstOf(folder, tried)
  if (found === undefined) throw errors.handler_file_missing({ folder, tried })
  return found
}

function firstOf(folder: string, tried: readonly string[]): string | undefined {
  return tried.map((name) => resolve(folder, name)).find(isFile)
}

/** Whether a path is a file that is there. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
