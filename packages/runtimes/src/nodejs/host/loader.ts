import {
  type LoadHookSync,
  type ResolveFnOutput,
  type ResolveHookContext,
  type ResolveHookSync,
  registerHooks,
  setSourceMapsSupport,
} from 'node:module'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commonJsFacade } from './commonjs-facade.ts'
import { type ModuleFormat, detectFormat } from './detect-format.ts'
import { elideImports } from './elide-imports.ts'
import { type PackageType, createPackageTypes } from './package-type.ts'
import { isPathImport, resolveByMapping, resolveByPath } from './resolve-import.ts'
import { cacheFolder, createTranspileCache } from './transpile-cache.ts'
import { transpile } from './transpile.ts'
import { type PathMapping, createTsconfigs } from './tsconfig-paths.ts'

/** Whose files the loader runs. */
export interface LoaderOptions {
  /** The function's folder, for messages. */
  folder: string
  /** URL of the handler's file: it and what it imports are the user's. */
  url: string
}

/** What the loader has seen, for whoever explains a failure. */
export interface Loader {
  /** The user's file that was loaded last: a syntax error without a place is in it. */
  lastFile(): string | undefined
}

interface Sources {
  lastFile: string | undefined
  /** URLs of the user's files. */
  users: Set<string>
  packageType: (file: string) => PackageType
  mapping: (file: string) => PathMapping
  typeless: (source: string, file: string) => string
}

const typescript = /\.(?:[mc]?ts|tsx)$/
const javascript = /\.jsx?$/
const own = /^@pelton\/sdk(?:$|\/)/

/**
 * Makes this thread run the user's files as they are: TypeScript, formats that `package.json` misstates, imports
 * without endings and those that `tsconfig.json` maps. Packages under `node_modules` are left alone.
 */
export function registerLoader({ folder, url }: LoaderOptions): Loader {
  const mapping = createTsconfigs()
  const sources: Sources = {
    lastFile: undefined,
    users: new Set([url]),
    packageType: createPackageTypes(),
    mapping,
    typeless: stripper(folder, mapping),
  }
  registerHooks({ resolve: resolveHook(sources), load: loadHook(sources) })
  return { lastFile: () => sources.lastFile }
}

function resolveHook({ mapping, users }: Sources): ResolveHookSync {
  return (specifier, context, next) => {
    const parent = context.parentURL
    if (parent === undefined || !users.has(parent)) return next(specifier, context)
    const url = mappedUrl(specifier, mapping(fileURLToPath(parent)))
    const found =
      url === undefined ? resolveOr(() => next(specifier, context), specifier, parent) : { url, shortCircuit: true }
    if (!own.test(specifier) && isOutsidePackages(found.url)) users.add(found.url)
    return isPlainJsonImport(found.url, context) ? { ...found, importAttributes: { type: 'json' } } : found
  }
}

// TypeScript and bundlers import JSON without saying so.
function isPlainJsonImport(url: string, { conditions, importAttributes }: ResolveHookContext): boolean {
  return url.endsWith('.json') && conditions.includes('import') && importAttributes.type === undefined
}

function mappedUrl(specifier: string, mapping: PathMapping): string | undefined {
  return isPathImport(specifier) ? undefined : resolveByMapping(specifier, mapping)
}

function resolveOr(resolve: () => ResolveFnOutput, specifier: string, parent: string): ResolveFnOutput {
  try {
    return resolve()
  } catch (error) {
    const url = isPathImport(specifier) ? resolveByPath(specifier, parent) : ownPackage(specifier)
    if (url === undefined) throw error
    return { url, shortCircuit: true }
  }
}

// A function's folder need not have the sdk installed.
function ownPackage(specifier: string): string | undefined {
  return own.test(specifier) ? import.meta.resolve(specifier) : undefined
}

function loadHook(sources: Sources): LoadHookSync {
  return (url, context, next) => {
    if (!sources.users.has(url)) return next(url, context)
    const file = fileURLToPath(url)
    sources.lastFile = file
    const isTypescript = typescript.test(file)
    if (!isTypescript && !javascript.test(file)) return next(url, context)
    const text = readFileSync(file, 'utf8')
    const code = isTypescript ? sources.typeless(text, file) : text
    const type = sources.packageType(file)
    const format = detectFormat(file, code, type)
    if (!isTypescript && isNative(file, format, type)) return next(url, context)
    // What `require` asks for is taken as it is; imported CommonJS would be judged by package.json again.
    const isImport = context.conditions?.includes('import') === true
    if (format === 'commonjs' && isImport)
      return { format: 'module', source: commonJsFacade(file, code), shortCircuit: true }
    return { format, source: code, shortCircuit: true }
  }
}

function isNative(file: string, format: ModuleFormat, type: PackageType): boolean {
  return file.endsWith('.js') && format === (type === 'none' ? 'commonjs' : type)
}

function stripper(folder: string, mapping: (file: string) => PathMapping): (source: string, file: string) => string {
  const cache = createTranspileCache(cacheFolder(process.env))
  return (text, file) => {
    const source = { folder, file, text }
    let result = cache.get(source)
    if (result === undefined) {
      result = transpile(source)
      cache.set(source, result)
    }
    // Source maps make every stack dearer, so they are on only where lines have moved.
    if (result.moved) setSourceMapsSupport(true)
    return mapping(file).keepsImports ? result.code : elideImports(result.code)
  }
}

function isOutsidePackages(url: string): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/')
}
