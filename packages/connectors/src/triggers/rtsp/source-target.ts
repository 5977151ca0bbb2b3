import type { Credentials } from '@pelton/protocols/http-auth'
import type { RtspAttributes } from './config.ts'

/** A configured source, taken apart. */
export interface SourceTarget {
  /** As written. */
  url: string
  /** As written, without credentials: what events tell. */
  told: string
  /** Without credentials and query, which may hold secrets: for the log. */
  shown: string
  /** Those of the attributes; they win over those in the url. */
  credentials: Credentials | undefined
}

/** Takes the url of a source apart, which has been checked. */
export function sourceTarget({ rtsp_url: rtspUrl, url, username, password }: RtspAttributes): SourceTarget {
  const text = (rtspUrl ?? url ?? '').trim()
  const { protocol, host, pathname } = new URL(text)
  return {
    url: text,
    told: text.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1'),
    shown: `${protocol}//${host}${pathname === '' ? '/' : pathname}`,
    credentials: username === undefined ? undefined : { username, password: password ?? '' },
  }
}
