// Echoes messages by `ws` alone, with default settings, until it is ended. Prints its port.
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  socket.on('error', () => socket.terminate())
})
process.once('SIGTERM', () => process.exit(0))
