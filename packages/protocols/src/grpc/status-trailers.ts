import { type GrpcStatus, grpcCode } from './grpc-service.ts'
import type { HeaderBlock } from '../http2/transport.ts'

/** Clients bound the trailers that they take; a longer message is of no use to anybody. */
const mostMessageChars = 4_096

const okTrailers: HeaderBlock = { 'grpc-status': '0' }

/** The trailers that end a call. A code that gRPC does not know becomes UNKNOWN. */
export function statusTrailers(status: GrpcStatus | undefined): HeaderBlock {
  if (!status || (status.code === grpcCode.ok && !status.message)) return okTrailers
  const code = Number.isInteger(status.code) && status.code >= 0 && status.code <= 16 ? status.code : grpcCode.unknown
  if (!status.message) return { 'grpc-status': String(code) }
  return { 'grpc-status': String(code), 'grpc-message': percentEncode(status.message.slice(0, mostMessageChars)) }
}

/** Text as `grpc-message` has it: UTF-8, all but printable ASCII percent-encoded (gRPC over HTTP/2, Status-Message). */
export function percentEncode(text: string): string {
  if (/^(?:[!-$&-~](?:[ -$&-~]*[!-$&-~])?)?$/.test(text)) return text
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  // Spaces around a field's value are an error in HTTP/2 (RFC 9113 §8.2.1).
  return encoded.replace(/^ | $/g, '%20')
}
