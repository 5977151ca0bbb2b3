// idle-load.ts PORT COUNT: opens so many connections that say nothing, prints their number, and holds them until it is ended.
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

const [port = 0, count = 1] = process.argv.slice(2).map(Number)
const head =
  'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n'
const sockets: Socket[] = []
/** More at a time would overflow the queue of a listener. */
const atATime = 100
while (sockets.length < count) {
  const batch = Math.min(atATime, count - sockets.length)
  sockets.push(...(await Promise.all(Array.from({ length: batch }, open))))
}
process.stdout.write(`${sockets.length}\n`)
process.once('SIGTERM', () => {
  // A reset leaves no port waiting for the next measurement to run out of them.
  for (const socket of sockets) socket.resetAndDestroy()
  process.exit(0)
})

async function open(): Promise<Socket> {
  // Linux gives one address some 28,000 ports; the second half comes from another.
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${sockets.length < 10_000 ? 1 : 2}` })
  await once(socket, 'connect')
  socket.write(head)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${answer.toString('latin1')}`)
  return socket
}
