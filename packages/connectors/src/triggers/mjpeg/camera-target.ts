import type { Credentials } from '@pelton/protocols/http-auth'
import type { MjpegAttributes } from './config.ts'

/** A configured camera, taken apart. */
export interface CameraTarget {
  /** Without credentials and fragment. */
  url: URL
  /** As written, without credentials: what events tell. */
  told: string
  /** Without credentials and query, which may hold secrets: for the log. */
  shown: string
  /** Those of the attributes win over those in the url, where they are percent-encoded. */
  credentials: Credentials | undefined
}

/** Takes the url of a camera and its credentials apart. */
export function cameraTarget({ url: text, username, password }: MjpegAttributes): CameraTarget {
  const url = new URL(text)
  const written = { username: decoded(url.username), password: decoded(url.password) }
  const given = username === undefined ? written : { username, password: password ?? '' }
  url.username = url.password = url.hash = ''
  return {
    url,
    told: text.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1'),
    shown: url.origin + url.pathname,
    credentials: given.username === '' && given.password === '' ? undefined : given,
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A lone percent sign stands for itself.
    return part
  }
}
