/** Names that belong to HTTP/2 and gRPC, and are no metadata of the caller's. */
const own = new Set(['te', 'content-type', 'accept-encoding', 'grpc-timeout', 'grpc-encoding', 'grpc-accept-encoding'])

/** All metadata of a call by lower-case name, a repeated one as a list, from header names and values by turns. */
export function callMetadata(rawHeaders: readonly string[]): Record<string, string | string[]> {
  const metadata = Object.create(null) as Record<string, string | string[]>
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const value = rawHeaders[i + 1] as string
    if (name.startsWith(':') || own.has(name)) continue
    const known = metadata[name]
    if (known === undefined) metadata[name] = value
    else if (typeof known === 'string') metadata[name] = [known, value]
    else known.push(value)
  }
  return metadata
}
