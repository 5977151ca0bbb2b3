import type { HeaderList, HeaderMap } from '@pelton/core'
import { acceptKey, isKey } from './accept-key.ts'
import { type DeflateTerms, acceptDeflate } from './deflate-terms.ts'
import { hasMember, joinHeader, splitList } from './header-values.ts'
import { isOriginAllowed } from './origins.ts'

/** Whom a server lets connect, and what it agrees to. */
export interface UpgradeRules {
  /** `*`, `https://app.example`, `https://*.example.com`; undefined allows all. Only browsers say where they come from. */
  origins?: readonly string[] | undefined
  /** Those that are served; of the common ones the client's first is taken. */
  subprotocols?: readonly string[] | undefined
  /** Agree to permessage-deflate where the client offers it; default false. */
  compression?: boolean | undefined
}

/** What of a request decides about its handshake. */
export interface HandshakeHead {
  readonly method: string
  readonly headers: HeaderMap
}

/** The headers that answer 101, and what was agreed on. */
export interface HandshakeAccepted {
  accepted: true
  headers: HeaderList
  /** Empty for none. */
  subprotocol: string
  deflate?: DeflateTerms
}

/** How to answer instead. */
export interface HandshakeRefused {
  accepted: false
  status: number
  text: string
  headers: HeaderList
}

/** Decides about a client's handshake (RFC 6455 §4.2): 426 for what is none or another version, 400 for a broken one, 403 for an origin. */
export function answerHandshake(head: HandshakeHead, rules: UpgradeRules): HandshakeAccepted | HandshakeRefused {
  return refusalOf(head, rules) ?? accept(head.headers, rules)
}

function refusalOf({ method, headers }: HandshakeHead, rules: UpgradeRules): HandshakeRefused | undefined {
  const asks = hasMember(joinHeader(headers, 'upgrade'), 'websocket')
  if (!asks || !hasMember(joinHeader(headers, 'connection'), 'upgrade')) return upgradeRequired('this is a WebSocket\n')
  if (method !== 'GET') return refuse(400, 'a WebSocket is opened by GET\n')
  if (joinHeader(headers, 'sec-websocket-version') !== '13') return upgradeRequired('the WebSocket version is 13\n')
  if (!isKey(joinHeader(headers, 'sec-websocket-key'))) return refuse(400, 'Sec-WebSocket-Key is missing or invalid\n')
  const { origins } = rules
  const origin = joinHeader(headers, 'origin')
  if (origins && origin !== '' && !isOriginAllowed(origin, origins)) return refuse(403, 'this origin is not allowed\n')
  return undefined
}

function refuse(status: number, text: string, headers: HeaderList = []): HandshakeRefused {
  return { accepted: false, status, text, headers }
}

function upgradeRequired(text: string): HandshakeRefused {
  return refuse(426, text, [
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
  ])
}

function accept(head: HeaderMap, rules: UpgradeRules): HandshakeAccepted {
  const subprotocol = chooseSubprotocol(joinHeader(head, 'sec-websocket-protocol'), rules.subprotocols ?? [])
  const deflate = rules.compression ? acceptDeflate(joinHeader(head, 'sec-websocket-extensions')) : undefined
  const headers: HeaderList = [['Sec-WebSocket-Accept', acceptKey(joinHeader(head, 'sec-websocket-key'))]]
  if (subprotocol !== '') headers.push(['Sec-WebSocket-Protocol', subprotocol])
  if (deflate) headers.push(['Sec-WebSocket-Extensions', deflate.answer])
  return { accepted: true, headers, subprotocol, ...(deflate ? { deflate: deflate.terms } : {}) }
}

function chooseSubprotocol(offered: string, served: readonly string[]): string {
  return splitList(offered).find((subprotocol) => served.includes(subprotocol)) ?? ''
}
