// Takes deliveries until it is ended. Prints its port; GET answers how many there were.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let deliveries = 0
const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end(String(deliveries))
  request.resume()
  request.on('end', () => {
    deliveries++
    response.end()
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.once('SIGTERM', () => process.exit(0))
