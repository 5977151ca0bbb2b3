import { Buffer } from 'node:buffer'

/** A copy with memory of its own: one from Node.js's pool would keep the whole pool alive. */
export function ownCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}
