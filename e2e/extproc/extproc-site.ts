import { after, before } from 'node:test'
import { type Cleanup, type RunningEnvoy, findFreePort, startEnvoy } from '@pelton/testkit'
import { type ServeOptions, type ServedFunction, serve } from '../acceptance/serve-function.ts'
import { type Cluster, type Listener, bootstrapOf } from './envoy-bootstrap.ts'
import { type Client, connectClient } from './exchange.ts'
import { type Upstream, startUpstream } from './upstream.ts'

/** Client, Envoy, function and upstream, joined. */
export interface Site {
  served: ServedFunction
  envoy: RunningEnvoy
  upstream: Upstream
  /** Keeps its connection to a listener; default: the first. */
  client(version?: '1.1' | '2', listener?: string): Client
}

/** What a site is made of. */
export interface SiteOptions {
  /** Envoy's program. */
  binary: string
  /** The function's files by path, with the ports of its triggers `extproc`. */
  files: (portOf: (trigger: string) => number) => Record<string, string>
  /** Names of these triggers; each is a cluster of Envoy. The upstream is two: `upstream-1.1` and `upstream-2`. */
  triggers: readonly string[]
  listeners: readonly Listener[]
  /** What the clusters of triggers have besides, by name. */
  clusterOptions?: Record<string, Partial<Cluster>>
  /** More clusters, by the ports of the triggers. */
  clusters?: (portOf: (trigger: string) => number) => Cluster[]
  logLevels?: string
  serve?: ServeOptions
}

/** Starts all of it; it ends with the test. */
async function startSite(test: Cleanup, options: SiteOptions): Promise<Site> {
  const ports = new Map<string, number>()
  for (const trigger of options.triggers) ports.set(trigger, await findFreePort())
  const portOf = (trigger: string): number => ports.get(trigger) ?? 0
  const upstream = await startUpstream(test)
  const served = await serve(test, options.files(portOf), options.serve)
  const clusters: Cluster[] = [
    { name: 'upstream-1.1', port: upstream.http1Port },
    { name: 'upstream-2', port: upstream.http2Port, isHttp2: true },
    ...[...ports].map(([name, port]) => ({ name, port, isHttp2: true, ...options.clusterOptions?.[name] })),
    ...(options.clusters?.(portOf) ?? []),
  ]
  const envoy = await startEnvoy(test, {
    binary: options.binary,
    bootstrap: bootstrapOf(options.listeners, clusters),
    ...(options.logLevels === undefined ? {} : { logLevels: options.logLevels }),
  })
  return {
    served,
    envoy,
    upstream,
    client: (version = '1.1', listener) => connectClient(test, envoy.port(listener), version),
  }
}

/** A site for all tests of a file: call it where they are defined, and the result in them. */
export function siteSuite(options: SiteOptions & { skip: string | false }): () => Site {
  const cleanups: (() => Promise<void> | void)[] = []
  let site: Site | undefined
  before(async () => {
    if (options.skip !== false) return
    site = await startSite({ after: (action) => void cleanups.unshift(action) }, options)
  })
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })
  return () => {
    if (!site) throw new Error('the site has not been started')
    return site
  }
}
