import { errors } from '../errors.ts'
import type { IncomingMessage, Server, ServerOptions } from 'node:http'
import { Incoming } from './incoming.ts'
import type { ListenerLimits } from './listener-limits.ts'
import { ServerResponse, createServer } from './node-http.ts'
import { type TlsFiles, readTls } from './tls-files.ts'

type Settings = ServerOptions<typeof Incoming, typeof ServerResponse>

/** What a server is made with. */
export interface ServerPlan {
  limits: ListenerLimits
  tls: TlsFiles | undefined
  /** Whether a request that names another protocol is an upgrade; else it is answered like any other. */
  shouldUpgrade: (message: IncomingMessage) => boolean
}

/** A server of `node:http`, or of `node:https` with `tls`, that keeps to the limits. */
export async function createHttpServer({ limits, tls, shouldUpgrade }: ServerPlan): Promise<Server> {
  const settings = { ...settingsFor(limits), shouldUpgradeCallback: shouldUpgrade }
  const server = await newServer(settings, tls)
  // The number of headers is bounded by their size; node would drop those beyond 2,000 in silence.
  server.maxHeadersCount = 0
  server.maxConnections = limits.maxConnections
  // Node would cut answers that are still being sent.
  server.closeIdleConnections = () => undefined
  // A client that has only closed its own half still gets its answer.
  Object.assign(server, { httpAllowHalfOpen: true })
  return server
}

function settingsFor(limits: ListenerLimits): Settings {
  const { headerTimeoutMs, requestTimeoutMs } = limits
  const headersTimeout = requestTimeoutMs > 0 ? Math.min(headerTimeoutMs, requestTimeoutMs) : headerTimeoutMs
  return {
    IncomingMessage: Incoming,
    ServerResponse,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, Math.max(20, headersTimeout / 4)),
    // Idle connections are swept instead: a timer for each request would cost more.
    keepAliveTimeout: 0,
    insecureHTTPParser: false,
    noDelay: true,
  }
}

async function newServer(settings: Settings, tls: TlsFiles | undefined): Promise<Server> {
  if (!tls) return createServer(settings) as Server
  const files = await readTls(tls)
  const https = await import('node:https')
  try {
    return https.createServer({ ...settings, ...files, handshakeTimeout: settings.headersTimeout })
  } catch (error) {
    throw errors.tls_invalid({ cert: tls.cert, key: tls.key, reason: (error as Error).message }, error)
  }
}
