import { type AttributeNote, type CheckAttributes, checkConfiguredHeaders } from '@pelton/core'
import type { WebhookAttributes } from './config.ts'

const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/

/** Headers that say where a request ends; two opinions on that would let one request hide another. */
const framing = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
const unsigned = new Set(framing)
const signed = new Set([...framing, 'x-signature'])

/** What the schema cannot say of the url, the method and the headers. */
export const checkWebhook: CheckAttributes<WebhookAttributes> = ({ url, method, headers, signing_secret }) => [
  ...faultAt('url', urlFault(url)),
  ...faultAt('method', methodFault(method)),
  ...checkConfiguredHeaders(headers, signing_secret === undefined ? unsigned : signed),
]

function faultAt(attribute: string, message: string | undefined): AttributeNote[] {
  return message === undefined ? [] : [{ level: 'error', path: [attribute], message }]
}

function urlFault(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url) return 'is no URL; write http://host:port/path or https://host/path'
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  return isHttp ? undefined : `must begin with http:// or https://, not ${url.protocol}`
}

function methodFault(method: string): string | undefined {
  if (!token.test(method)) return 'is no method of HTTP; write POST, PUT or another word'
  return method.toUpperCase() === 'CONNECT' ? 'must not be CONNECT, which opens a tunnel' : undefined
}
