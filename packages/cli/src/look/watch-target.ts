import { type Credentials, urlCredentials } from '@pelton/protocols/http-auth'
import { errors } from '../errors.ts'
import { printable } from '../infer/printable.ts'
import type { WatchOptions } from './watch-options.ts'

/** A source that is to be watched. */
export interface WatchTarget {
  protocol: 'rtsp' | 'http'
  /** Without credentials. */
  url: string
  /** Also without the query, which may hold secrets: for whoever reads. */
  shown: string
  credentials: Credentials | undefined
}

const protocols: Readonly<Record<string, WatchTarget['protocol']>> = {
  'rtsp:': 'rtsp',
  'rtsps:': 'rtsp',
  'http:': 'http',
  'https:': 'http',
}
const usernameVariable = 'PELTON_WATCH_USERNAME'
const passwordVariable = 'PELTON_WATCH_PASSWORD'

/** Reads what names the source; options win over the URL, and that over the environment. Throws `wrong_usage`. */
export function readTarget(options: WatchOptions): WatchTarget {
  const text = options.address?.trim() ?? ''
  if (text === '') throw wrong('Which source? pelton watch rtsp://HOST/PATH, or http://HOST/PATH')
  const { url, protocol } = readUrl(text)
  if (protocol === 'http') refuseForHttp(options)
  const { terminal, username, password } = options
  const written = urlCredentials(url)
  const user = username ?? written?.username ?? terminal.env[usernameVariable]
  const secret = password ?? written?.password ?? terminal.env[passwordVariable]
  if (user === undefined && password !== undefined) throw wrong('--password goes with --username, which is absent')
  url.username = url.password = url.hash = ''
  return {
    protocol,
    url: url.href,
    shown: `${url.protocol}//${url.host}${url.pathname === '' ? '/' : url.pathname}`,
    credentials: user === undefined ? undefined : { username: user, password: secret ?? '' },
  }
}

function readUrl(text: string): { url: URL; protocol: WatchTarget['protocol'] } {
  const shown = JSON.stringify(printable(withoutSecrets(text)))
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw wrong(`${shown} has no scheme: write rtsp:// before it, or rtsps://, http://, https://`)
  }
  const scheme = text.slice(0, text.indexOf(':') + 1).toLowerCase()
  const protocol = protocols[scheme]
  if (!protocol) throw wrong(`${scheme}// is not watched: rtsp://, rtsps://, http:// and https:// are`)
  const url = URL.parse(text)
  if (!url || url.hostname === '') {
    throw wrong(`${shown} is no URL: write ${scheme}//HOST:PORT/PATH, and percent-encode what is special in a password`)
  }
  return { url, protocol }
}

function refuseForHttp({ transport, media }: WatchOptions): void {
  if (transport !== undefined) throw wrong('--transport is for rtsp:// and rtsps://')
  if (media === 'audio') throw wrong('--media audio is for rtsp:// and rtsps://: by HTTP come pictures')
}

function withoutSecrets(text: string): string {
  return text.replace(/^([^/]*\/\/)?.*@/s, '$1').replace(/[?#].*$/s, '')
}

function wrong(reason: string): Error {
  return errors.wrong_usage({ reason })
}
