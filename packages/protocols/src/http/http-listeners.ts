import { defineShared } from '@pelton/core'
import { formatAddress } from './bind.ts'
import { type ListenerLimits, defaultLimits } from './listener-limits.ts'
import { type HttpServer, type ServeOptions, serve } from './serve.ts'
import { SharedPorts, type WantedPath } from './shared-ports.ts'
import { Site, type SiteOptions } from './site.ts'
import { SiteTable } from './site-table.ts'

/** What a kind asks of the shared listeners. */
export interface ListenOptions extends ServeOptions, SiteOptions, WantedPath {
  /**
   * An exact path; a prefix such as `/v2/*`, which takes `/v2` and all below it that has no exact path or longer prefix;
   * or `*` for what no other path of the port takes.
   */
  path: string
  /** Another path that it serves as long as nobody asks for that one; beside `*` only what asks for WebSocket. */
  alsoAt?: string
}

/** A path of a port, bound. */
export interface HttpListener {
  /** Base URL for a client on this machine. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The port that was asked for, when another one had to be taken. */
  readonly movedFrom?: number
  /** Serves the path no more; resolves when its requests are answered, or at once when `abort` aborts. `idleMs`: see `HttpServer`. */
  close(abort?: AbortSignal, idleMs?: number): Promise<void>
}

/** All HTTP ports of a processor: kinds share a port by path. */
export interface HttpListeners {
  /** Rejects with `path_taken`, `listener_differs`, `port_taken` or another reason why it cannot be bound. */
  listen(options: ListenOptions): Promise<HttpListener>
}

/** The listeners that all kinds of a processor share. */
export const httpListeners = defineShared<HttpListeners>('http-listeners', createHttpListeners)

/** A server, and who serves which of its paths. */
interface SitedServer {
  readonly port: number
  readonly server: HttpServer
  readonly sites: SiteTable
}

type Ports = SharedPorts<ListenOptions, SitedServer>

/** Makes a set of listeners of its own; a processor has one, by `httpListeners`. */
export function createHttpListeners(): HttpListeners {
  const ports = new SharedPorts<ListenOptions, SitedServer>({ open: openPort, differingKey })
  return { listen: (options) => listen(ports, options) }
}

async function openPort(options: ListenOptions): Promise<SitedServer> {
  const sites = new SiteTable()
  const server = await serve(options, (head) => sites.find(head))
  return { port: server.port, server, sites }
}

function differingKey(first: ListenOptions, other: ListenOptions): string | undefined {
  if (first.tls?.cert !== other.tls?.cert) return 'tls.cert'
  if (first.tls?.key !== other.tls?.key) return 'tls.key'
  // Who says nothing takes what there is.
  if (!other.limits) return undefined
  const limits = { ...defaultLimits, ...first.limits }
  const others = { ...defaultLimits, ...other.limits }
  return (Object.keys(limits) as (keyof ListenerLimits)[]).find((key) => limits[key] !== others[key])
}

async function listen(ports: Ports, options: ListenOptions): Promise<HttpListener> {
  const { server: port, leave, ...moved } = await ports.take(options)
  const { server, sites } = port
  const site = new Site(options)
  sites.add(options.path, site, options.alsoAt)
  return {
    url: urlOf(server, options.tls !== undefined),
    host: server.host,
    port: server.port,
    ...moved,
    close(abort, idleMs) {
      // The last user takes the port along; whoever listens next binds it anew.
      if (leave()) return server.close(abort, idleMs)
      sites.delete(options.path, site)
      return site.idle(abort)
    },
  }
}

function urlOf(server: HttpServer, secure: boolean): string {
  const everywhere = server.host === '::' || server.host === '0.0.0.0'
  return `${secure ? 'https' : 'http'}://${formatAddress(everywhere ? '127.0.0.1' : server.host, server.port)}`
}
