import { once } from 'node:events'
import http from 'node:http'
import { MjpegReader, boundaryOf } from '@pelton/protocols/mjpeg'

/** One who looks at a stream. */
export interface Viewer {
  /** Why it ended, where that was not asked for. */
  readonly fault: string | undefined
  close(): void
}

/** Looks at a stream of MJPEG; rejects when it is not answered with one. */
export async function viewMjpeg(url: string, onFrame: (frame: Buffer) => void): Promise<Viewer> {
  const request = http.get(url, { agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const boundary = boundaryOf(response.headers['content-type'] ?? '')
  if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}`)
  let fault: string | undefined
  let isClosed = false
  const reader = new MjpegReader({ boundary }, { onFrame, onFault: (what) => (fault ??= what) })
  response.on('data', (chunk: Buffer) => reader.push(chunk))
  // Its own end is none of the stream's.
  response.on('error', (error) => (fault ??= isClosed ? undefined : String(error)))
  request.on('error', (error) => (fault ??= isClosed ? undefined : String(error)))
  return {
    get fault() {
      return fault
    },
    close() {
      isClosed = true
      request.destroy()
    },
  }
}
