import { Buffer } from 'node:buffer'
import { errors } from '../errors.ts'

/** Where a client connects. */
export interface ConnectTarget {
  isSecure: boolean
  host: string
  port: number
  /** With the query. */
  path: string
  /** The `Authorization` for the user in the URL, if there is one. */
  authorization: string | undefined
  /** For messages: without user and query, which may hold secrets. */
  shown: string
}

/** Reads a `ws:` or `wss:` URL (RFC 6455 §3). Throws `websocket_not_connectable`. */
export function readTarget(url: string): ConnectTarget {
  const parsed = URL.parse(url)
  if (!parsed) throw errors.websocket_not_connectable({ url: withoutSecrets(url), reason: 'it is no URL' })
  const { hostname, pathname, search, username, password } = parsed
  const isSecure = parsed.protocol === 'wss:'
  const shown = `${parsed.protocol}//${parsed.host}${pathname}`
  if (!isSecure && parsed.protocol !== 'ws:') {
    throw errors.websocket_not_connectable({ url: shown, reason: 'its scheme is neither ws nor wss' })
  }
  if (parsed.hash !== '') throw errors.websocket_not_connectable({ url: shown, reason: 'it has a fragment' })
  const user = `${decode(username)}:${decode(password)}`
  return {
    isSecure,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port) || (isSecure ? 443 : 80),
    path: pathname + search,
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
    shown,
  }
}

/** A stray `%` stands for itself. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/.*@/, '//').replace(/[?#].*$/s, '')
}
