const pattern = /^(?:(?:\[(?<v6>[0-9a-f:.%a-z]+)\]|(?<host>[^\s:/[\]]*)):)?(?<port>\d{1,5})$/i

const serverPattern = /^(?:https?:\/\/)?(?:\[(?<v6>[0-9a-f:.%a-z]+)\]|(?<host>[^\s:/[\]]*))(?::(?<port>\d{0,5}))?\/?$/i

/** Reads a trigger's `url`: a host, a port or both, also behind `http://`; an empty host for all interfaces. Undefined when it is none. */
export function parseServerAddress(url: string): { host: string; port?: number } | undefined {
  if (/^\d{1,5}$/.test(url)) return parseServerAddress(`:${url}`)
  const found = serverPattern.exec(url)?.groups
  const port = found?.['port'] ? Number(found['port']) : undefined
  if (!found || (port ?? 0) > 65_535) return undefined
  const host = found['v6'] ?? found['host'] ?? ''
  return port === undefined ? { host } : { host, port }
}

/** Reads `:9001`, `9001`, `127.0.0.1:9001` or `[::1]:9001`, an empty host for all interfaces; undefined when it is none. */
export function parseListenAddress(text: string): { host: string; port: number } | undefined {
  const found = pattern.exec(text.trim())?.groups
  const port = Number(found?.['port'])
  return found && port <= 65_535 ? { host: found['v6'] ?? found['host'] ?? '', port } : undefined
}
