import type { Buffer } from 'node:buffer'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection } from './connection.ts'
import type { ListenerState } from './exchange.ts'
import { hasBody } from './has-body.ts'
import { ReceivedRequest } from './received-request.ts'
import type { Route, Site } from './site.ts'
import { Upgrade, asksForWebSocket } from './upgrade.ts'

/** The connections of a listener by what is spoken on them. */
export interface Spoken {
  readonly http: Map<Duplex, Connection>
  /** Handed over by an upgrade. */
  readonly other: Set<Duplex>
}

/**
 * Decides whether a request that names another protocol is handed over (RFC 9110 §7.8); everything else is answered as
 * an ordinary request. So is one that is pipelined behind others: its connection may not change while they are open.
 */
export function createShouldUpgrade(spoken: Spoken, route: Route): (message: IncomingMessage) => boolean {
  return (message) => {
    const connection = spoken.http.get(message.socket)
    if (!connection || connection.ending) return false
    const head = new ReceivedRequest(connection, message)
    if (connection.isQuiet && asksForWebSocket(head) && route(head)?.onUpgrade) return true
    // `node:http` drops what came in one read behind a request that names another protocol: the client must send it anew.
    if (!endsItsRead(message)) connection.losesRest = true
    return false
  }
}

interface ReadingParser {
  getCurrentBuffer?(): Buffer
}

const headEnd = '\r\n\r\n'

/** Whether nothing has arrived yet behind a request's head; false where that is not certain. */
function endsItsRead(message: IncomingMessage): boolean {
  const { parser } = message.socket as { parser?: ReadingParser }
  const read = parser?.getCurrentBuffer?.()
  // A read that begins with the last bytes of a head would show the end of another one.
  if (!read || hasBody(message.headers) || read[0] === 0x0a || read[0] === 0x0d) return false
  return read.indexOf(headEnd) === read.length - headEnd.length
}

/** Gives upgrades to the site of their path. */
export function answerUpgrades(server: Server, spoken: Spoken, listener: ListenerState, route: Route): void {
  server.on('upgrade', (message: IncomingMessage, socket: Duplex, early: Buffer) => {
    // `node:http` has just taken its own listener away.
    socket.on('error', destroyThis)
    const connection = spoken.http.get(socket)
    if (!connection) return void socket.destroy()
    const head = new ReceivedRequest(connection, message)
    const site = route(head)
    const upgrade = new Upgrade(head, connection, early, () => site && keep(spoken, socket, site))
    if (listener.closing) return upgrade.refuse(503, 'the listener is closing\n')
    try {
      site?.onUpgrade?.(upgrade)
    } catch (error) {
      listener.onFault(error)
      upgrade.fail()
    }
  })
}

function destroyThis(this: Duplex): void {
  this.destroy()
}

/** An upgraded connection leaves HTTP's bookkeeping, but its listener and its site go on waiting for it. */
function keep(spoken: Spoken, socket: Duplex, site: Site): void {
  spoken.http.delete(socket)
  if (socket.closed) return
  spoken.other.add(socket)
  site.hold(socket)
  socket.once('close', () => {
    spoken.other.delete(socket)
    site.release(socket)
  })
}
