import { type AttributeNote, type CheckAttributes, checkClientTls, checkConfiguredHeaders } from '@pelton/core'
import type { MjpegAttributes } from './config.ts'

/** Headers that each request has by itself. */
const own = new Set(['connection', 'content-length', 'expect', 'host', 'te', 'trailer', 'transfer-encoding', 'upgrade'])
const ownWithUser = new Set([...own, 'authorization'])

/** What the schema cannot say of the url, the credentials, the headers and the files of TLS. */
export const checkAttributes: CheckAttributes<MjpegAttributes> = ({ url, username, password, headers, tls }) => [
  ...faultAt(['url'], urlFault(url)),
  ...faultAt(
    ['password'],
    password !== undefined && username === undefined ? 'goes with username, which is absent' : '',
  ),
  ...checkConfiguredHeaders(headers, username === undefined ? own : ownWithUser),
  ...checkClientTls(tls),
]

function faultAt(path: string[], message: string): AttributeNote[] {
  return message === '' ? [] : [{ level: 'error', path, message }]
}

function urlFault(text: string): string {
  const url = URL.parse(text)
  if (!url) return 'is no URL; write http://host:port/path or https://host/path'
  if (url.protocol === 'http:' || url.protocol === 'https:') return ''
  const wayOut = /^rtsps?:$/.test(url.protocol) ? '; for that take kind: rtsp' : ''
  return `must begin with http:// or https://, not ${url.protocol}${wayOut}`
}
