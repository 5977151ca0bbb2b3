import type { Outcome } from '@pelton/core'
import type { ConnectionEvent } from './connection-event.ts'
import type { Connection } from './connection.ts'
import { type Message, type Reply, errorReport, failureOf, replyOf } from './reply.ts'

/** How replies are sent. */
export interface DeliveryRules {
  /** The client is told of failures. */
  reportsErrors: boolean
  /** See `replyOf`. */
  keepsEmpty: boolean
  /** Whether the client has too much that it has not taken. */
  isBehind: (connection: Connection) => boolean
  /** Told why a streamed reply broke off. */
  onBroken: (event: ConnectionEvent, error: unknown) => void
}

/** A stream goes on when the client has taken all but this. */
const streamAheadBytes = 256 * 1024

/** Sends what a client gets of an outcome; a stream as fast as it is taken, then the promise is for its end. Never throws or rejects. */
export function deliverReply(
  outcome: Outcome,
  connection: Connection,
  event: ConnectionEvent,
  rules: DeliveryRules,
): Promise<void> | undefined {
  const failure = failureOf(outcome)
  if (failure !== undefined) {
    if (rules.reportsErrors) send(connection, errorReport(failure, event.id))
    return leaveReply(outcome)
  }
  const reply = replyOf(outcome, rules.keepsEmpty)
  if (!reply) return undefined
  if ('chunks' in reply) return deliverStream(reply, connection, event, rules)
  send(connection, reply)
  return undefined
}

/** Nobody gets the response: a stream that is not read has to be left. */
export function leaveReply(outcome: Outcome): undefined {
  if (outcome.status === 'failed') return
  const { body } = outcome.response
  if (body === undefined || body instanceof Uint8Array) return
  const leave = async (): Promise<void> => {
    await body[Symbol.asyncIterator]().return?.()
  }
  // How it ends concerns nobody: it has no reader.
  leave().catch(() => undefined)
}

async function deliverStream(
  { chunks, typeOf }: Extract<Reply, { chunks: unknown }>,
  connection: Connection,
  event: ConnectionEvent,
  { reportsErrors, isBehind, onBroken }: DeliveryRules,
): Promise<void> {
  try {
    for await (const data of chunks) {
      if (!send(connection, { data, isText: typeOf(data) })) return
      while (!connection.isGone && isFull(connection, isBehind)) await connection.untilDrained()
    }
  } catch (error) {
    // A reply that nobody waits for may break off.
    if (connection.isGone) return
    onBroken(event, error)
    if (reportsErrors) send(connection, errorReport('the reply broke off', event.id))
  }
}

function isFull(connection: Connection, isBehind: (connection: Connection) => boolean): boolean {
  return connection.unsentBytes > streamAheadBytes || isBehind(connection)
}

function send({ peer }: Connection, { data, isText }: Message): boolean {
  return peer?.send(data, isText) ?? false
}
