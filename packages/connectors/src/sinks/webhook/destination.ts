/** A URL taken apart as `node:http` wants it. */
export interface Destination {
  /** Scheme, host and port. */
  readonly origin: string
  readonly isSecure: boolean
  readonly hostname: string
  readonly port: number
  /** Path and query. */
  readonly path: string
  /** Without credentials and query: for messages. */
  readonly shown: string
  /** Of the credentials in the URL. RFC 7617. */
  readonly authorization?: string
}

/** Takes an http or https URL apart. */
export function destinationOf(url: URL): Destination {
  const isSecure = url.protocol === 'https:'
  const credentials = `${decoded(url.username)}:${decoded(url.password)}`
  return {
    origin: url.origin,
    isSecure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    shown: url.origin + url.pathname,
    ...(credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
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
