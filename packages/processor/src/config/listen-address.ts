/** A place to listen at. */
export interface HostPort {
  host: string
  port: number
}

/**
 * Reads `:8081`, `8081`, `127.0.0.1:8081` or `[::1]:8081`; without a host all interfaces. Undefined when it is none of
 * these.
 */
export function parseListenAddress(text: string): HostPort | undefined {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]:|(?<host>[^:[\]]*):)?(?<port>\d{1,5})$/.exec(text.trim())
  if (!match?.groups) return undefined
  const port = Number(match.groups['port'])
  if (port > 65_535) return undefined
  return { host: match.groups['six'] ?? (match.groups['host'] || '0.0.0.0'), port }
}
