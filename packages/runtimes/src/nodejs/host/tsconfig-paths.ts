import { dirname, join, resolve } from 'node:path'
import { textOfFile } from './package-type.ts'

/** Where a `tsconfig.json` sends imports. */
export interface PathMapping {
  /** Absolute; undefined without `baseUrl`. */
  baseUrl: string | undefined
  /** Pattern with at most one `*` to absolute patterns. */
  paths: [pattern: string, targets: string[]][]
  /** Imports are kept even if nothing uses them as values. */
  keepsImports: boolean
}

interface TsConfig {
  extends?: unknown
  compilerOptions?: { baseUrl?: unknown; paths?: unknown; verbatimModuleSyntax?: unknown }
}

const maxExtends = 5
const nothing: PathMapping = { baseUrl: undefined, paths: [], keepsImports: false }

/** Looks up the mapping of the nearest `tsconfig.json`, each folder once. */
export function createTsconfigs(): (file: string) => PathMapping {
  const known = new Map<string, PathMapping>()
  const mappingOf = (folder: string): PathMapping => {
    const before = known.get(folder)
    if (before !== undefined) return before
    const parent = dirname(folder)
    const mapping = readMapping(join(folder, 'tsconfig.json'), 0) ?? (parent === folder ? nothing : mappingOf(parent))
    known.set(folder, mapping)
    return mapping
  }
  return (file) => mappingOf(dirname(file))
}

/** Absolute paths, without regard to endings, that an import may mean; the longest pattern first, `baseUrl` last. */
export function mappedPaths(specifier: string, { paths, baseUrl }: PathMapping): string[] {
  const best = paths
    .map(([pattern, targets]) => ({ pattern, targets, rest: matchPattern(specifier, pattern) }))
    .filter(({ rest }) => rest !== undefined)
    .toSorted((one, other) => other.pattern.indexOf('*') - one.pattern.indexOf('*'))[0]
  const mapped = best === undefined ? [] : best.targets.map((target) => target.replace('*', () => best.rest ?? ''))
  return baseUrl === undefined ? mapped : [...mapped, join(baseUrl, specifier)]
}

function matchPattern(specifier: string, pattern: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star < 0) return specifier === pattern ? '' : undefined
  const before = pattern.slice(0, star)
  const after = pattern.slice(star + 1)
  const fits =
    specifier.length >= before.length + after.length && specifier.startsWith(before) && specifier.endsWith(after)
  return fits ? specifier.slice(star, specifier.length - after.length) : undefined
}

function readMapping(file: string, depth: number): PathMapping | undefined {
  const text = textOfFile(file)
  if (text === undefined) return undefined
  const config = parseJsonWithComments(text)
  const folder = dirname(file)
  const inherited = extendedFiles(config, folder).map((each) =>
    depth < maxExtends ? readMapping(each, depth + 1) : undefined,
  )
  const base = inherited.reduce<PathMapping>((sum, each) => ({ ...sum, ...each }), nothing)
  return { ...base, ...ownMapping(config, folder, base.baseUrl) }
}

function ownMapping({ compilerOptions = {} }: TsConfig, folder: string, inheritedBase?: string): Partial<PathMapping> {
  const own: Partial<PathMapping> = {}
  const { baseUrl, paths, verbatimModuleSyntax } = compilerOptions
  if (typeof baseUrl === 'string') own.baseUrl = resolve(folder, baseUrl)
  if (typeof verbatimModuleSyntax === 'boolean') own.keepsImports = verbatimModuleSyntax
  if (typeof paths !== 'object' || paths === null) return own
  const root = own.baseUrl ?? inheritedBase ?? folder
  own.paths = Object.entries(paths)
    .filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
    .map(([pattern, targets]) => [pattern, targets.map((target) => resolve(root, String(target)))])
  return own
}

// A base from a package sets compiler options for everybody; paths of one function stand in its own files.
function extendedFiles(config: TsConfig, folder: string): string[] {
  const given: unknown[] = Array.isArray(config.extends) ? config.extends : [config.extends]
  return given
    .filter((each): each is string => typeof each === 'string' && /^\.{0,2}\//.test(each))
    .map((each) => resolve(folder, each.endsWith('.json') ? each : `${each}.json`))
}

function parseJsonWithComments(text: string): TsConfig {
  const noComments = text.replace(
    /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, quoted?: string) => quoted ?? '',
  )
  const noTrailing = noComments.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? '')
  try {
    const config: unknown = JSON.parse(noTrailing)
    return typeof config === 'object' && config !== null ? config : {}
  } catch {
    // The compiler and the editor say what is wrong with it; what it maps then stays unresolved and is named.
    return {}
  }
}
