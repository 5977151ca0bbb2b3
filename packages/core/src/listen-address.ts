const pattern = /^(?:(?:\[(?<v6>[0-9a-f:.%a-z]+)\]|(?<host>[^\s:/[\]]*)):)?(?<port>\d{1,5})$/i

/** Reads `:9001`, `9001`, `127.0.0.1:9001` or `[::1]:9001`, an empty host for all interfaces; undefined when it is none. */
export function parseListenAddress(text: string): { host: string; port: number } | undefined {
  const found = pattern.exec(text.trim())?.groups
  const port = Number(found?.['port'])
  return found && port <= 65_535 ? { host: found['v6'] ?? found['host'] ?? '', port } : undefined
}
