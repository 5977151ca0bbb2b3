import { defineShared, isPeltonError } from '@pelton/core'
import { errors } from '../errors.ts'
import { formatAddress } from './bind.ts'
import { type ListenerLimits, defaultLimits } from './listener-limits.ts'
import { type HttpServer, type ServeOptions, serve } from './serve.ts'
import { Site, type SiteOptions } from './site.ts'
import { SiteTable } from './site-table.ts'

/** What a kind asks of the shared listeners. */
export interface ListenOptions extends ServeOptions, SiteOptions {
  /**
   * An exact path; a prefix such as `/v2/*`, which takes `/v2` and all below it that has no exact path or longer prefix;
   * or `*` for what no other path of the port takes.
   */
  path: string
  /** Another path that it serves as long as nobody asks for that one; beside `*` only what asks for WebSocket. */
  alsoAt?: string
  /** A taken port is replaced by a free one instead of failing. */
  portMayMove?: boolean
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

interface Port {
  readonly key: string
  readonly server: HttpServer
  readonly sites: SiteTable
  /** The first user's: it fixes what all of them share. */
  readonly options: ListenOptions
}

type Ports = Map<string, Promise<Port>>

/** Makes a set of listeners of its own; a processor has one, by `httpListeners`. */
export function createHttpListeners(): HttpListeners {
  const ports: Ports = new Map()
  return { listen: (options) => listen(ports, options) }
}

async function listen(ports: Ports, options: ListenOptions): Promise<HttpListener> {
  try {
    return await join(ports, options)
  } catch (error) {
    if (!options.portMayMove || !isTaken(error)) throw error
    const moved = await join(ports, { ...options, port: 0 })
    return { ...moved, movedFrom: options.port }
  }
}

function isTaken(error: unknown): boolean {
  return isPeltonError(error) && (error.code === errors.port_taken.code || error.code === errors.path_taken.code)
}

async function join(ports: Ports, options: ListenOptions): Promise<HttpListener> {
  const port = await findPort(ports, options)
  checkShared(port, options)
  port.sites.add(options.path, new Site(options), options.alsoAt)
  return {
    url: urlOf(port.server, options.tls !== undefined),
    host: port.server.host,
    port: port.server.port,
    close: (abort, idleMs) => closeSite(ports, port, options.path, { abort, idleMs }),
  }
}

async function findPort(ports: Ports, options: ListenOptions): Promise<Port> {
  const key = formatAddress(options.host, options.port)
  const known = options.port === 0 ? undefined : ports.get(key)
  if (known) return known
  const opening = openPort(options)
  if (options.port === 0) {
    const port = await opening
    ports.set(port.key, opening)
    return port
  }
  ports.set(key, opening)
  opening.catch(() => ports.delete(key))
  return opening
}

async function openPort(options: ListenOptions): Promise<Port> {
  const sites = new SiteTable()
  const server = await serve(options, (head) => sites.find(head))
  return { key: formatAddress(options.host, server.port), server, sites, options }
}

function checkShared(port: Port, options: ListenOptions): void {
  const address = port.key
  const differs = differingKey(port.options, options)
  if (differs) throw errors.listener_differs({ address, key: differs })
  if (port.sites.get(options.path)) throw errors.path_taken({ address, path: options.path })
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

interface Closing {
  abort: AbortSignal | undefined
  idleMs: number | undefined
}

async function closeSite(ports: Ports, port: Port, path: string, { abort, idleMs }: Closing): Promise<void> {
  const site = port.sites.get(path)
  if (!site) return
  if (port.sites.size > 1) {
    port.sites.delete(path)
    return site.idle(abort)
  }
  // The last user takes the port along; whoever listens next binds it anew.
  ports.delete(port.key)
  await port.server.close(abort, idleMs)
}

function urlOf(server: HttpServer, secure: boolean): string {
  const everywhere = server.host === '::' || server.host === '0.0.0.0'
  return `${secure ? 'https' : 'http'}://${formatAddress(everywhere ? '127.0.0.1' : server.host, server.port)}`
}
