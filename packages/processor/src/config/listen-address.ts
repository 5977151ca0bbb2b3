/** An address to listen on; an empty host is every interface. */
export interface ListenText {
  host: string
  port: number
}

const pattern = /^(?:(\[[\da-f:.%\w]+\]|[^:[\]\s]*):)?(\d{1,5})$/i

/** Reads `:8081`, `8081`, `127.0.0.1:8081` or `[::1]:8081`; undefined when it is no address. */
export function parseListenAddress(text: string): ListenText | undefined {
  const [all, host = '', digits] = pattern.exec(text.trim()) ?? []
  const port = Number(digits)
  if (all === undefined || port > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port }
}
