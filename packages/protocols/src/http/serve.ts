import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type BindAddress, bind } from './bind.ts'
import { refusalOf } from './client-error.ts'
import { Connection } from './connection.ts'
import { type Spoken, answerUpgrades, createShouldUpgrade } from './answer-upgrades.ts'
import { createHttpServer } from './create-server.ts'
import { Exchange, type ListenerState } from './exchange.ts'
import type { Incoming } from './incoming.ts'
import { type ListenerLimits, defaultLimits } from './listener-limits.ts'
import { ReceivedRequest } from './received-request.ts'
import type { Route } from './site.ts'
import { lastWords } from './text-answer.ts'
import type { TlsFiles } from './tls-files.ts'

/** Where and how to listen. */
export interface ServeOptions extends BindAddress {
  tls?: TlsFiles | undefined
  limits?: Partial<ListenerLimits> | undefined
  /** Told of failures that a client only sees as a 500 or a closed connection. */
  onFault?: (error: unknown) => void
}

/** A listener that is bound. */
export interface HttpServer {
  readonly host: string
  readonly port: number
  /**
   * Accepts no more, answers what is in flight with `Connection: close`; resolves when all is done, or cut by `abort`.
   * An idle connection may send one request more for `idleMs`: closed at once, it may be just about to.
   */
  close(abort?: AbortSignal, idleMs?: number): Promise<void>
}

/** Serves HTTP/1.1 (RFC 9112), over TLS if given. Rejects with a `PeltonError` when the address cannot be bound. */
export async function serve(options: ServeOptions, route: Route): Promise<HttpServer> {
  const limits = { ...defaultLimits, ...options.limits }
  const spoken: Spoken = { http: new Map(), other: new Set() }
  const shouldUpgrade = createShouldUpgrade(spoken, route)
  const server = await createHttpServer({ limits, tls: options.tls, shouldUpgrade })
  const listener: ListenerState = { closing: false, onFault: options.onFault ?? (() => undefined) }
  const connections = spoken.http
  const handshakes = admitConnections(server, connections, options.tls !== undefined)
  answerRequests(server, connections, listener, route)
  answerUpgrades(server, spoken, listener, route)
  answerFaults(server, connections)
  await bind(server, options)
  server.on('error', listener.onFault)
  const sweeper = sweepConnections(connections, limits.idleTimeoutMs)
  const { address, port } = server.address() as AddressInfo
  const close = async (abort?: AbortSignal, idleMs = 0): Promise<void> => {
    listener.closing = true
    // After this turn's accepts: a connection that still waits in the queue of a closed listener is reset.
    await new Promise((resolve) => setImmediate(resolve))
    await closeServer(server, { ...spoken, handshakes }, { abort, idleMs })
    clearInterval(sweeper)
  }
  return { host: address, port, close }
}

type Connections = Map<Duplex, Connection>
type Handshakes = Map<string, Socket>

/** Gives the connections that are still in their TLS handshake, by whose they are. */
function admitConnections(server: Server, connections: Connections, secure: boolean): Handshakes {
  const handshakes: Handshakes = new Map()
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    handshakes.delete(peerOf(socket))
    connections.set(socket, new Connection(socket, secure))
    socket.once('close', () => connections.delete(socket))
  })
  if (secure) {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket)
      handshakes.set(peer, socket)
      socket.once('close', () => handshakes.get(peer) === socket && handshakes.delete(peer))
    })
  }
  return handshakes
}

/** The same for a socket and the TLS socket on it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function answerRequests(server: Server, connections: Connections, listener: ListenerState, route: Route): void {
  const begin = (message: IncomingMessage, response: ServerResponse): Exchange | undefined => {
    const connection = connections.get(message.socket)
    // Requests would pile up behind an answer that may last for days.
    if (connection?.isPushing) connection.socket.destroy()
    if (!connection || connection.ending) return undefined
    return new Exchange(listener, connection, new ReceivedRequest(connection, message), response)
  }
  server.on('request', (message, response) => begin(message, response)?.receive(message as Incoming, route, false))
  server.on('checkContinue', (message, response) => begin(message, response)?.receive(message as Incoming, route, true))
  server.on('checkExpectation', (message, response) =>
    begin(message, response)?.refuse(417, 'this expectation cannot be met\n', message as Incoming),
  )
}

function answerFaults(server: Server, connections: Connections): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const connection = connections.get(socket)
    if (!connection || !socket.writable || error.code === 'ECONNRESET') socket.destroy()
    else if (!connection.ending) refuseRest(connection, error.code)
  })
  server.on('connect', (_message, socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(lastWords(405, 'this is no proxy\n'), 'latin1')
  })
}

function refuseRest(connection: Connection, code: string | undefined): void {
  const { status, text } = refusalOf(code)
  if (connection.receiving) connection.receiving.refuse(status, text)
  else connection.part(lastWords(status, text))
}

/** A look that is so much late tells that the process was asleep: timers fire before the sockets are read. */
const mostLateMs = 1_000

function sweepConnections(connections: Connections, idleTimeoutMs: number): NodeJS.Timeout {
  const everyMs = Math.min(5_000, Math.max(10, idleTimeoutMs / 4))
  let dueAt = performance.now() + everyMs
  const sweep = (): void => {
    const now = performance.now()
    const isLate = now - dueAt > mostLateMs
    dueAt = now + everyMs
    for (const connection of connections.values()) {
      if (isLate) connection.beginAnew(now, idleTimeoutMs)
      connection.sweep(now, idleTimeoutMs)
    }
  }
  return setInterval(sweep, everyMs).unref()
}

function closeServer(
  server: Server,
  spoken: Spoken & { handshakes: Handshakes },
  { abort, idleMs }: { abort: AbortSignal | undefined; idleMs: number },
): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => {
      for (const socket of spoken.http.keys()) socket.destroy()
      for (const socket of spoken.other) socket.destroy()
      for (const socket of spoken.handshakes.values()) socket.destroy()
    }
    const endIdle = (): void => {
      for (const connection of spoken.http.values()) connection.endIfIdle()
      for (const socket of spoken.handshakes.values()) socket.destroy()
    }
    const timer = idleMs > 0 ? setTimeout(endIdle, idleMs) : undefined
    server.close(() => {
      clearTimeout(timer)
      abort?.removeEventListener('abort', cut)
      resolve()
    })
    if (!timer) endIdle()
    if (abort?.aborted) cut()
    else abort?.addEventListener('abort', cut)
  })
}
