import { Socket } from 'node:net'
import { createSocketChannel, openBegunFile } from '@pelton/protocols/worker'
import { startHost } from './host-start.ts'

const wireFd = 3
const begunFd = 4
const exit = process.exit.bind(process)

startHost({
  channel: createSocketChannel(new Socket({ fd: wireFd, readable: true, writable: true })),
  begun: openBegunFile(begunFd),
  end: () => exit(0),
})
