import { errors } from '../errors.ts'
import { type Credentials, urlCredentials } from '../http-auth/index.ts'

/** Where a client connects, and what it asks for there. */
export interface RtspTarget {
  isSecure: boolean
  host: string
  port: number
  /** As it goes into requests: absolute, without credentials. */
  uri: string
  /** Of the URL, percent-decoded. */
  credentials: Credentials | undefined
}

const defaultPort = 554
/** RFC 7826 §20.2. */
const defaultSecurePort = 322

/** Reads an `rtsp:` or `rtsps:` URL. Throws `rtsp_url_invalid`, without what may be secret in it. */
export function readRtspUrl(url: string): RtspTarget {
  const parsed = URL.parse(url.trim())
  if (!parsed) throw errors.rtsp_url_invalid({ url: withoutSecrets(url), reason: 'it is no URL' })
  const isSecure = parsed.protocol === 'rtsps:'
  const shown = withoutSecrets(url)
  if (!isSecure && parsed.protocol !== 'rtsp:') {
    throw errors.rtsp_url_invalid({ url: shown, reason: 'its scheme is neither rtsp nor rtsps' })
  }
  if (parsed.hostname === '') throw errors.rtsp_url_invalid({ url: shown, reason: 'it names no host' })
  return {
    isSecure,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port) || (isSecure ? defaultSecurePort : defaultPort),
    uri: `${parsed.protocol}//${parsed.host}${parsed.pathname === '' ? '/' : parsed.pathname}${parsed.search}`,
    credentials: urlCredentials(parsed),
  }
}

/** Where a redirection leads (RFC 2326 §11.3): absolute, or relative to what was asked; undefined for what is no RTSP. */
export function redirectTarget(location: string, asked: RtspTarget): RtspTarget | undefined {
  const url = URL.parse(location, asked.uri)
  if (!url || !/^rtsps?:$/.test(url.protocol) || url.hostname === '') return undefined
  return readRtspUrl(url.href)
}

/** Whether credentials for one may be sent to the other. */
export function isSameOrigin(one: RtspTarget, other: RtspTarget): boolean {
  return one.host === other.host && one.port === other.port && one.isSecure === other.isSecure
}

/** Without user and query, which may hold secrets. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/.*@/, '//').replace(/[?#].*$/s, '')
}
