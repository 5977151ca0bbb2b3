import type { Buffer } from 'node:buffer'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Clock, HeaderMap, PeltonError } from '@pelton/core'
import { errors } from '../errors.ts'
import { type Agreed, type Asked, checkAnswer } from './connect-answer.ts'
import { type ConnectTarget, readTarget } from './connect-target.ts'
import { deflateOffer } from './deflate-terms.ts'
import { createPeer } from './peer.ts'
import type { PeerEvents, WebSocketPeer } from './peer-options.ts'

/** How a client connects and keeps the connection; see `PeerOptions` for what is not said here. */
export interface ConnectOptions {
  /** Sent with the handshake; its own headers cannot be changed. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Offered in this order. */
  subprotocols?: readonly string[] | undefined
  /** From the name's resolution to the end of the handshake. */
  timeoutMs: number
  maxMessageBytes: number
  /** Offers permessage-deflate; default false. */
  compression?: boolean | undefined
  /** Gives up while connecting. */
  signal?: AbortSignal | undefined
  /** Default 0: none. */
  pingIntervalMs?: number | undefined
  /** Default 0: never. */
  idleTimeoutMs?: number | undefined
  closeTimeoutMs?: number | undefined
  /** Default true: a server whose certificate cannot be trusted is refused. */
  rejectUnauthorized?: boolean | undefined
  /** Certificates to trust instead of the usual ones, PEM. */
  ca?: string | undefined
  clock?: Clock | undefined
}

/**
 * Connects to a WebSocket server, by `ws:` or `wss:`. Rejects with
 * `websocket_not_connectable` when it cannot succeed as it is asked, with `websocket_not_connected` when it may later.
 */
export async function connectWebSocket(
  url: string,
  options: ConnectOptions,
  events: PeerEvents,
): Promise<WebSocketPeer> {
  const target = readTarget(url)
  const asked: Asked = {
    key: process.getBuiltinModule('node:crypto').randomBytes(16).toString('base64'),
    subprotocols: options.subprotocols ?? [],
    compression: options.compression ?? false,
  }
  const { socket, early, agreed } = await shakeHands(target, options, asked)
  const { maxMessageBytes, pingIntervalMs = 0, idleTimeoutMs = 0, closeTimeoutMs, clock } = options
  const kept = { maxMessageBytes, pingIntervalMs, idleTimeoutMs, closeTimeoutMs, clock }
  return createPeer(socket, { ...kept, ...agreed, role: 'client', early }, events)
}

interface Shaken {
  socket: Duplex
  early: Buffer
  agreed: Agreed
}

function shakeHands(target: ConnectTarget, options: ConnectOptions, asked: Asked): Promise<Shaken> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutMs } = options
    const request = openRequest(target, options, asked)
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const fail = (reason: string, cause?: unknown): void => {
      settle()
      request.destroy()
      reject(notConnected(target, reason, cause))
    }
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs)
    const abort = (): void => fail('it was given up')
    signal?.addEventListener('abort', abort)
    request.on('error', (error: NodeJS.ErrnoException) => fail(reasonOf(error), error))
    request.on('response', ({ statusCode, statusMessage }: IncomingMessage) =>
      fail(`the server answered ${statusCode} ${statusMessage}`.trim()),
    )
    request.on('upgrade', (answer: IncomingMessage, socket: Duplex, early: Buffer) => {
      const agreed = checkAnswer(answer.headers as HeaderMap, asked)
      if (typeof agreed === 'string') {
        socket.destroy()
        return fail(agreed)
      }
      settle()
      resolve({ socket, early, agreed })
    })
    if (signal?.aborted) abort()
    else request.end()
  })
}

function openRequest(target: ConnectTarget, options: ConnectOptions, asked: Asked): ClientRequest {
  const { host, port, path, isSecure } = target
  const { rejectUnauthorized = true, ca } = options
  const settings: RequestOptions = { host, port, path, headers: headersFor(target, options, asked), agent: false }
  try {
    if (!isSecure) return process.getBuiltinModule('node:http').request(settings)
    const trust = { rejectUnauthorized, ...(ca === undefined ? {} : { ca }) }
    return process.getBuiltinModule('node:https').request({ ...settings, ...trust })
  } catch (error) {
    throw errors.websocket_not_connectable({ url: target.shown, reason: (error as Error).message }, error)
  }
}

const own = /^(connection|upgrade|content-length|transfer-encoding|expect|sec-websocket-.*)$/i

function headersFor({ authorization }: ConnectTarget, options: ConnectOptions, asked: Asked): Record<string, string> {
  const given = Object.entries(options.headers ?? {}).filter(([name]) => !own.test(name))
  const isAuthorised = given.some(([name]) => name.toLowerCase() === 'authorization')
  return {
    ...Object.fromEntries(given),
    ...(authorization !== undefined && !isAuthorised ? { Authorization: authorization } : {}),
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': asked.key,
    ...(asked.subprotocols.length > 0 ? { 'Sec-WebSocket-Protocol': asked.subprotocols.join(', ') } : {}),
    ...(asked.compression ? { 'Sec-WebSocket-Extensions': deflateOffer } : {}),
  }
}

function notConnected({ shown }: ConnectTarget, reason: string, cause: unknown): PeltonError {
  return errors.websocket_not_connected({ url: shown, reason }, cause)
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host is unknown',
  ETIMEDOUT: 'the host does not answer',
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? (error.message || String(error.code))
}
