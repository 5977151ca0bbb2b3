import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Site, serve } from '@pelton/protocols/http'

const starters: Record<string, () => Promise<number>> = { bare, serve: seam }

/** The server to compare with: reads the body and echoes it, with nothing around. */
async function bare(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': body.length })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function seam(): Promise<number> {
  const site = new Site({
    maxBodyBytes: 4 << 20,
    onRequest: async (request) => ({
      status: 200,
      headers: [],
      contentType: 'application/octet-stream',
      body: request.body,
    }),
  })
  const server = await serve({ host: '127.0.0.1', port: 0 }, () => site)
  return server.port
}

const port = await starters[process.argv[2]!]!()
let last = process.cpuUsage()
process.on('message', () => {
  const used = process.cpuUsage(last)
  last = process.cpuUsage()
  process.send!(used.user + used.system)
})
process.send!(port)
