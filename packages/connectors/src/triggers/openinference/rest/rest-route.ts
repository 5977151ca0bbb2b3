import { InferenceError } from '@pelton/protocols/inference'

/** What a path of the protocol stands for. */
export type RestRoute = PlainRoute | ModelRoute

/** Without a model in its path. */
export interface PlainRoute {
  kind: 'server' | 'live' | 'ready' | 'models' | 'index' | 'all_statistics'
}

/** With a model in its path, decoded; the version is empty where the path has none. */
export interface ModelRoute {
  kind: 'metadata' | 'model_ready' | 'infer' | 'config' | 'statistics' | 'load' | 'unload' | 'try'
  name: string
  version: string
}

const plainRoutes: ReadonlyMap<string, PlainRoute> = new Map([
  ['/v2', { kind: 'server' }],
  ['/v2/', { kind: 'server' }],
  ['/v2/health/live', { kind: 'live' }],
  ['/v2/health/ready', { kind: 'ready' }],
  ['/v2/models', { kind: 'models' }],
  // As in Triton: a model of that name is described by the path of its version.
  ['/v2/models/stats', { kind: 'all_statistics' }],
  ['/v2/repository/index', { kind: 'index' }],
])

const modelPath =
  /^\/v2\/models\/(?<name>[^/]+)(?:\/versions\/(?<version>[^/]+))?(?:\/(?<verb>infer|ready|config|stats|try))?$/
const repositoryPath = /^\/v2\/repository\/models\/(?<name>[^/]+)\/(?<verb>load|unload)$/

/** The route of a path as it was sent, without the query; undefined when there is none. InferenceError 400 for percent signs that stand for nothing. */
export function routeOf(path: string): RestRoute | undefined {
  const plain = plainRoutes.get(path)
  if (plain) return plain
  const found = (modelPath.exec(path) ?? repositoryPath.exec(path))?.groups
  if (!found) return undefined
  const { name = '', version = '', verb } = found
  return { kind: kindOf(verb), name: decode(name), version: decode(version) }
}

/** The methods that a route answers, as `Allow` lists them. */
export function methodsOf({ kind }: RestRoute): readonly string[] {
  return posted.has(kind) ? post : get
}

const posted: ReadonlySet<RestRoute['kind']> = new Set(['infer', 'index', 'load', 'unload'])

const post = ['POST']
const get = ['GET', 'HEAD']

const kinds: Readonly<Record<string, ModelRoute['kind']>> = {
  infer: 'infer',
  ready: 'model_ready',
  config: 'config',
  stats: 'statistics',
  try: 'try',
  load: 'load',
  unload: 'unload',
}

function kindOf(verb: string | undefined): ModelRoute['kind'] {
  return (verb === undefined ? undefined : kinds[verb]) ?? 'metadata'
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // It throws for nothing else, and its message names neither place nor reason.
    throw new InferenceError(400, 'the path has a percent sign that stands for no character')
  }
}
