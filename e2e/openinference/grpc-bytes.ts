import http2 from 'node:http2'
import { type Cleanup, within } from '@pelton/testkit'

/** What a call came to: its status and all bytes that came before it. */
export interface BytesAnswer {
  code: number
  message: string
  body: Buffer
}

/** Calls a method with any bytes at all; with `isOpen` they are not the end of what is sent. */
export type AskBytes = (method: string, bytes: Buffer, options?: { isOpen?: boolean }) => Promise<BytesAnswer>

/** A gRPC client that knows nothing of messages; it leaves with the test. */
export function connectBytes(test: Cleanup, port: number): AskBytes {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  test.after(() => session.destroy())
  return (method, bytes, { isOpen = false } = {}) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const answer = readAnswer(stream)
    if (isOpen) stream.write(bytes)
    else stream.end(bytes)
    return within(method, answer)
  }
}

/** A message with its prefix. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function readAnswer(stream: http2.ClientHttp2Stream): Promise<BytesAnswer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const read = (headers: http2.IncomingHttpHeaders): void => {
      const { 'grpc-status': code, 'grpc-message': message = '' } = headers
      if (code === undefined) return
      resolve({ code: Number(code), message: decodeURIComponent(String(message)), body: Buffer.concat(parts) })
    }
    stream.on('response', read)
    stream.on('trailers', read)
    stream.on('data', (part: Buffer) => void parts.push(part))
    stream.on('error', reject)
    stream.on('close', () => reject(new Error('the stream closed without a status')))
  })
}
