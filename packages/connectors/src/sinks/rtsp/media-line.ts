import type { Bytes, SinkItem } from '@pelton/core'
import type { StreamSource } from '@pelton/protocols/rtsp'

/** Sends the packets of one frame to who reads now; readers begin with a key frame. */
export type SendPackets = (packets: readonly Buffer[], isKey: boolean) => void

/** What makes packets of answers. It is told where they go once the stream is served. */
export interface MediaLine {
  readonly source: StreamSource
  /** Sends an answer's body; rejects, or throws, with the reason why it cannot. */
  write(body: Buffer, send: SendPackets): Promise<void> | undefined
  /** Sends what it holds, and gives it up when `signal` aborts. */
  close(signal: AbortSignal): Promise<void>
}

/** Why an answer's body is not sent, whatever it is; undefined: it may be. */
export function whyNothing(
  { status, body, contentType }: SinkItem['response'],
  type: 'video' | 'audio',
): string | undefined {
  if (status >= 400) return `its status is ${status}`
  if (body.byteLength === 0) return 'it is empty'
  // A picture's bytes tell what they are; any bytes could be heard.
  return type === 'audio' && /^application\/json\b/i.test(contentType) ? 'it is JSON' : undefined
}

/** The same bytes as a buffer. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
