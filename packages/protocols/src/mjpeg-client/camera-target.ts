import { type Credentials, urlCredentials } from '../http-auth/index.ts'

/** A camera as it is configured: its url is http or https, and has been checked. */
export interface CameraAddress {
  url: string
  username?: string | undefined
  password?: string | undefined
}

/** A configured camera, taken apart. */
export interface CameraTarget {
  /** Without credentials and fragment. */
  url: URL
  /** As written, without credentials: what events tell. */
  told: string
  /** Without credentials and query, which may hold secrets: for the log. */
  shown: string
  /** Those that stand beside the url win over those in it, where they are percent-encoded. */
  credentials: Credentials | undefined
}

/** Takes the url of a camera and its credentials apart. */
export function cameraTarget({ url: text, username, password }: CameraAddress): CameraTarget {
  const url = new URL(text)
  const credentials = username === undefined ? urlCredentials(url) : { username, password: password ?? '' }
  url.username = url.password = url.hash = ''
  return {
    url,
    told: text.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1'),
    shown: url.origin + url.pathname,
    credentials,
  }
}
