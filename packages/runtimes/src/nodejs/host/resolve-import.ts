import { isBuiltin } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { handlerEndings, isFile } from './find-handler-file.ts'
import { type PathMapping, mappedPaths } from './tsconfig-paths.ts'

const javascriptEnding = /\.([mc]?)js$/

// A path without its ending means a file with one, TypeScript for JavaScript, or the index of a folder.
function findSource(path: string): string | undefined {
  const typescript = javascriptEnding.test(path) ? [path.replace(javascriptEnding, '.$1ts')] : []
  const withEnding = [...handlerEndings, '.json'].map((ending) => path + ending)
  const inFolder = handlerEndings.map((ending) => `${path.replace(/\/$/, '')}/index${ending}`)
  return [...typescript, ...withEnding, ...inFolder].find(isFile)
}

/** The URL of what an import by path means in the file `parent`, where Node.js itself found nothing. */
export function resolveByPath(specifier: string, parent: string): string | undefined {
  const url = URL.parse(specifier, parent)
  if (url?.protocol !== 'file:') return undefined
  const found = findSource(fileURLToPath(url))
  return found === undefined ? undefined : pathToFileURL(found).href
}

/** The URL that `tsconfig.json` gives to an import by name. */
export function resolveByMapping(specifier: string, mapping: PathMapping): string | undefined {
  if (isBuiltin(specifier)) return undefined
  for (const path of mappedPaths(specifier, mapping)) {
    const found = isFile(path) ? path : findSource(path)
    if (found !== undefined) return pathToFileURL(found).href
  }
  return undefined
}

/** Whether an import is by path, not by name. */
export function isPathImport(specifier: string): boolean {
  return /^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(specifier)
}
