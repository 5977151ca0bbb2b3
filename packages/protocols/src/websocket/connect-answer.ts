import type { HeaderMap } from '@pelton/core'
import { acceptKey } from './accept-key.ts'
import { type DeflateTerms, readDeflateAnswer } from './deflate-terms.ts'
import { hasMember, joinHeader } from './header-values.ts'

/** What a client asked for. */
export interface Asked {
  key: string
  subprotocols: readonly string[]
  compression: boolean
}

/** What client and server have agreed on. */
export interface Agreed {
  subprotocol: string
  deflate: DeflateTerms | undefined
}

/** Checks a server's 101 (RFC 6455 §4.1); a string says why the connection must not be used. */
export function checkAnswer(headers: HeaderMap, asked: Asked): Agreed | string {
  const isUpgrade = joinHeader(headers, 'upgrade').toLowerCase() === 'websocket'
  if (!isUpgrade || !hasMember(joinHeader(headers, 'connection'), 'upgrade'))
    return 'the answer is no upgrade to WebSocket'
  if (joinHeader(headers, 'sec-websocket-accept') !== acceptKey(asked.key))
    return 'the answer has a wrong Sec-WebSocket-Accept'
  const subprotocol = joinHeader(headers, 'sec-websocket-protocol')
  if (subprotocol !== '' && !asked.subprotocols.includes(subprotocol)) {
    return `the server chose the subprotocol ${subprotocol}, which was not offered`
  }
  const deflate = readDeflateAnswer(joinHeader(headers, 'sec-websocket-extensions'))
  if (deflate === 'invalid' || (deflate !== 'declined' && !asked.compression)) {
    return 'the server chose an extension that was not offered'
  }
  return { subprotocol, deflate: deflate === 'declined' ? undefined : deflate }
}
