import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'

const pictures = await Promise.all(
  [1, 2, 3, 4].map((number) => readFile(new URL(`./pictures/${number}.jpg`, import.meta.url))),
)

/** Serves four pictures on the loopback, over and over, ten in a second. */
export async function startTestCamera(port: number): Promise<void> {
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=picture' })
    let sent = 0
    const timer = setInterval(() => {
      const picture = pictures[sent++ % pictures.length] ?? ''
      response.write(`--picture\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`)
      response.write(picture)
      response.write('\r\n')
    }, 100)
    response.on('close', () => clearInterval(timer))
  })
  // It does not keep the worker alive that it runs in.
  await once(server.listen(port, '127.0.0.1').unref(), 'listening')
}
