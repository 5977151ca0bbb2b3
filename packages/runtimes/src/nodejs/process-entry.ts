import { Socket } from 'node:net'
import { createSocketChannel, openBegunFile } from '@pelton/protocols/worker'
import { startHost } from './host-start.ts'

const wireFd = 3
const begunFd = 4
const exit = process.exit.bind(process)

const channel = createSocketChannel(new Socket({ fd: wireFd, readable: true, writable: true }))
// What this turn of the loop has sent, such as the last words of a handler that calls `process.exit`: no turn comes after it.
process.on('exit', () => void channel.flushed())

startHost({
  channel,
  begun: openBegunFile(begunFd),
  end: () => exit(0),
})
