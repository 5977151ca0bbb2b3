import { type RunningEnvoy, startEnvoy } from '@pelton/testkit'
import { envoy as findEnvoy } from '../../scripts/tools/envoy.ts'
import { type Server, startListening, startProgram } from '../servers.ts'
import { envoyBootstrap } from './envoy-bootstrap.ts'

/** A processor, or none, and the proxy's listener that asks it. */
export interface Proxied {
  name: string
  /** Of the listener. */
  port: number
  /** Absent where the proxy asks nobody. */
  processor: Server | undefined
}

/** The proxy with its processors, as long as they are used. */
export interface ProxiedServers {
  envoy: RunningEnvoy
  /** In the order of `starts`. */
  proxied: Proxied[]
}

/** How processors are started, by name; undefined for a listener without the filter. */
export type Starts = Readonly<Record<string, (() => Promise<Server>) | undefined>>

/** The peer. */
export const startGrpcJs = (): Promise<Server> => startProgram('grpc-js', ['extproc/grpc-js-server.ts'])

/** The function of `extproc-headers`; `sets` are `--set` values. */
export function startProcessor(name: string, sets: string[] = []): Promise<Server> {
  return startListening(name, 'extproc-headers', sets)
}

/** One proxy for all of them; whatever was started is stopped. */
export async function withProxiedServers<T>(starts: Starts, use: (servers: ProxiedServers) => Promise<T>): Promise<T> {
  const found = await findEnvoy()
  if (found.skip !== false) throw new Error(found.skip)
  const ends: (() => Promise<void> | void)[] = []
  try {
    const processors = new Map<string, Server | undefined>()
    for (const [name, start] of Object.entries(starts)) {
      const server = await start?.()
      if (server) ends.push(() => server.stop())
      processors.set(name, server)
    }
    const ports = new Map([...processors].map(([name, server]) => [name, server?.port]))
    const cleanup = { after: (action: () => Promise<void> | void) => void ends.push(action) }
    const envoy = await startEnvoy(cleanup, { binary: found.binary, bootstrap: envoyBootstrap(ports) })
    const proxied = [...processors].map(([name, processor]) => ({ name, port: envoy.port(name), processor }))
    return await use({ envoy, proxied })
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}
