const suffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** What proves that a handshake was understood (RFC 6455 §4.2.2): the `Sec-WebSocket-Accept` of a `Sec-WebSocket-Key`. */
export function acceptKey(key: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha1', key + suffix, 'base64')
}

/** Whether a key is 16 bytes in base64, as RFC 6455 §4.1 has it. */
export function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)
}
