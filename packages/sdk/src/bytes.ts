import type { Bytes } from './event.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const hasBuffer = typeof Buffer === 'function'

/** UTF-8 bytes of a text; a `Buffer` where there are such. */
export function bytesOfText(text: string): Bytes {
  return hasBuffer ? Buffer.from(text, 'utf8') : encoder.encode(text)
}

/** The text that UTF-8 bytes hold; wrong bytes become U+FFFD. */
export function textOfBytes(bytes: Bytes): string {
  return hasBuffer && bytes instanceof Buffer ? bytes.toString('utf8') : decoder.decode(bytes)
}

/** Bytes as handlers know them: the same memory as a `Buffer` where there are such. */
export function handlerBytes(bytes: Bytes): Bytes {
  if (!hasBuffer || bytes instanceof Buffer) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The same memory as bytes for anything that is bytes: any view, an `ArrayBuffer` or a shared one; else undefined. */
export function bytesOfView(value: object): Bytes | undefined {
  if (value instanceof Uint8Array) return value
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value)
  return undefined
}

/** The text of bytes that people can read: valid UTF-8 without control characters; else undefined. */
export function printableText(bytes: Bytes): string | undefined {
  try {
    const text = strictDecoder.decode(bytes)
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text
  } catch {
    // Not UTF-8: that is the answer.
    return undefined
  }
}
