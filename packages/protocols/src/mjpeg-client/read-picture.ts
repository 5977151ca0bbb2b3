import type { IncomingMessage } from 'node:http'
import type { SourceLoss } from '../camera/index.ts'
import { isJpeg } from '../mjpeg/index.ts'

/** Reads an answer that is one picture. What is no JPEG, or longer than `maxBytes`, is a loss. Never rejects. */
export async function readPicture(response: IncomingMessage, maxBytes: number): Promise<Buffer | SourceLoss> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) return { reason: 'unsuitable', detail: `a picture has more than ${maxBytes} bytes` }
    }
  } catch (error) {
    return { reason: 'broken', detail: `the connection broke off: ${(error as Error).message}` }
  }
  const picture = joined(chunks, length)
  return isJpeg(picture) ? picture : { reason: 'unsuitable', detail: 'what it sends is no JPEG' }
}

/** One chunk as it is; several in memory of their own, which may go to a worker without a further copy. */
function joined(chunks: readonly Buffer[], length: number): Buffer {
  if (chunks.length === 1 && chunks[0]) return chunks[0]
  const picture = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const chunk of chunks) at += chunk.copy(picture, at)
  return picture
}
