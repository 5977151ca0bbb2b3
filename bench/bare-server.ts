import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What every figure is compared with: node:http alone, one thread, the same echo. Argument: milliseconds to wait. */
const delayMs = Number(process.argv[2] ?? 0)

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length })
      response.end(body)
    }
    if (delayMs > 0) void sleep(delayMs).then(answer)
    else answer()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`)
})
