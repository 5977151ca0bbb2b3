// node peer-server.ts PYTHON FOLDER HANDLER: the peer behind node:http alone; prints its port.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { eventData } from '@pelton/testkit'
import { Peer } from './peer.ts'

const [python = '', folder = '', handler = ''] = process.argv.slice(2)
const peer = await Peer.start(python, folder, handler)
let count = 0

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { headers, method = 'GET', url = '/' } = request
    const event = eventData(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), {
      id: String(++count),
      method,
      path: url,
      url,
      contentType: headers['content-type'] ?? '',
      headers: headers as Record<string, string> & IncomingHttpHeaders,
    })
    void peer.handle(event).then(({ status, contentType, body }) => {
      response.writeHead(status, { 'content-type': contentType, 'content-length': body.length })
      response.end(body)
    })
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`)
})
process.on('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
  void peer.stop().then(() => process.exit(0))
})
