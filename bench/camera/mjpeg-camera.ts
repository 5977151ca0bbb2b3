import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A camera that serves MJPEG on the loopback. */
export interface MjpegCamera {
  url: string
  /** Breaks all connections off, as a restart does. */
  cut(): void
  close(): Promise<void>
}

/** What a camera shows. */
export interface Showing {
  perSecond: number
  /** The picture of this number. */
  picture(number: number): Buffer
}

/** Sends pictures at an even pace to whoever is connected. */
export async function startMjpegCamera({ perSecond, picture }: Showing): Promise<MjpegCamera> {
  const viewers = new Set<http.ServerResponse>()
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' }).flushHeaders()
    response.socket?.setNoDelay()
    viewers.add(response)
    response.on('close', () => viewers.delete(response))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const startedAt = performance.now()
  let shown = 0
  const show = (): void => {
    const body = picture(shown)
    const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n\r\n`
    for (const viewer of viewers) {
      // A viewer that does not keep up misses pictures, as with any camera.
      if (viewer.writableNeedDrain) continue
      viewer.cork()
      viewer.write(head)
      viewer.write(body)
      viewer.write('\r\n')
      viewer.uncork()
    }
    shown += 1
    const dueAt = startedAt + (shown * 1_000) / perSecond
    timer = setTimeout(show, Math.max(0, dueAt - performance.now()))
  }
  let timer = setTimeout(show, 0)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/video`,
    cut: () => viewers.forEach((viewer) => viewer.destroy()),
    async close() {
      clearTimeout(timer)
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
