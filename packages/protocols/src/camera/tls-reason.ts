/** What OpenSSL calls the first bytes of something else. */
const otherBytes = new Set(['wrong version number', 'packet length too long', 'bad record type', 'http request'])

/**
 * Why TLS failed, for people, where OpenSSL or Node tell it in words of their own; undefined for other failures, those of
 * certificates among them, which speak for themselves.
 */
export function tlsReason({ message }: Error): string | undefined {
  if (message.startsWith('Client network socket disconnected before')) {
    return 'it closed the connection before TLS began; it may not speak TLS there'
  }
  // Numbers and source files of OpenSSL stand around it.
  const reason = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1]
  if (reason === undefined) return undefined
  return otherBytes.has(reason) ? 'it does not speak TLS there' : `TLS failed: ${reason}`
}
