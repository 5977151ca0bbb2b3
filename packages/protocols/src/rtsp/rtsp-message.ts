import type { Buffer } from 'node:buffer'

/** Values by lower-case names, in the order in which they came. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>

/** What one side asks (RFC 2326 §6). */
export interface RtspRequest {
  method: string
  /** As it was written: absolute, or `*`. */
  uri: string
  /** `1.0` */
  version: string
  headers: RtspHeaders
  body: Buffer
}

/** What the other answers (RFC 2326 §7). */
export interface RtspResponse {
  status: number
  reason: string
  headers: RtspHeaders
  body: Buffer
}

/** The first value of a header, by its lower-case name. */
export function headerOf(message: { headers: RtspHeaders }, name: string): string | undefined {
  return message.headers.get(name)?.[0]
}

/** The number of a `CSeq` (RFC 2326 §12.17); undefined where there is none. */
export function sequenceOf(message: { headers: RtspHeaders }): number | undefined {
  const text = headerOf(message, 'cseq')
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
