import { type AttributeNote, type CheckAttributes, checkConfiguredHeaders } from '@pelton/core'
import type { WebSocketAttributes } from './config.ts'

const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/

/** Headers of the handshake itself. */
const own = new Set([
  'connection',
  'content-length',
  'expect',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'transfer-encoding',
  'upgrade',
])

/** What the schema cannot say of the url, the headers and the subprotocols. */
export const checkWebSocket: CheckAttributes<WebSocketAttributes> = ({ url, headers, subprotocols }) => [
  ...urlNotes(url),
  ...checkConfiguredHeaders(headers, own),
  ...subprotocols.flatMap((name, index) => subprotocolNotes(name, index, subprotocols)),
]

function urlNotes(text: string): AttributeNote[] {
  const message = urlFault(URL.parse(text))
  return message === undefined ? [] : [{ level: 'error', path: ['url'], message }]
}

function urlFault(url: URL | null): string | undefined {
  if (!url) return 'is no URL; write ws://host:port/path or wss://host/path'
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return `must begin with ws:// or wss://, not ${url.protocol}`
  return url.hash === '' ? undefined : 'must not have a fragment'
}

function subprotocolNotes(name: string, index: number, all: readonly string[]): AttributeNote[] {
  const path = ['subprotocols', index]
  if (!token.test(name)) return [{ level: 'error', path, message: 'is no name of a subprotocol' }]
  return all.indexOf(name) === index ? [] : [{ level: 'error', path, message: 'stands there twice' }]
}
