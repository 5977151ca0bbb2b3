/** A parent as a peer names it. */
export interface TraceParent {
  traceId: string
  spanId: string
  traceFlags: number
}

const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent` header (W3C Trace Context §3.2); undefined when it is absent or malformed. */
export function parseTraceparent(header: string | string[] | undefined): TraceParent | undefined {
  const match = typeof header === 'string' ? form.exec(header.trim()) : null
  const [, traceId, spanId, flags, rest] = match ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  // Version 00 has exactly four parts; later versions may add some.
  if (rest !== undefined && header?.toString().trim().startsWith('00-')) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}
