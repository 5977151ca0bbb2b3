const prefixBytes = 5
/** Smaller messages are copied behind their prefix: one piece of memory costs less than two writes. */
const copiedBytes = 16_384

/** The prefix of an uncompressed message of so many bytes (gRPC over HTTP/2, Length-Prefixed-Message). */
export function prefixOf(length: number): Buffer {
  const prefix = Buffer.allocUnsafe(prefixBytes)
  writePrefix(prefix, length)
  return prefix
}

/** A message with its prefix before it, in one piece; undefined when it is too large to be copied. */
export function prefixed(message: Uint8Array): Buffer | undefined {
  if (message.length > copiedBytes) return undefined
  const frame = Buffer.allocUnsafe(prefixBytes + message.length)
  writePrefix(frame, message.length)
  frame.set(message, prefixBytes)
  return frame
}

function writePrefix(target: Buffer, length: number): void {
  target[0] = 0
  target.writeUInt32BE(length, 1)
}
