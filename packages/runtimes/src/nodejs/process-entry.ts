import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { createSocketChannel, openBegunFile } from '@pelton/protocols/worker'
import { startHost } from './host-start.ts'

const wireFd = 3
const begunFd = 4
const exit = process.exit.bind(process)

/**
 * Kills the process group when the processor is gone. The end of the socket says so too, but a handler that never gives
 * its loop back would not hear it; a thread of its own does.
 */
const watch = `
const { workerData } = require('node:worker_threads')
setInterval(() => {
  if (process.ppid === workerData) return
  try { process.kill(-process.pid, 'SIGKILL') } catch { process.kill(process.pid, 'SIGKILL') }
}, 1000)`

const watchdog = new Worker(watch, {
  eval: true,
  name: 'watchdog',
  workerData: Number(process.argv[2]),
  env: {},
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 4 },
})
watchdog.unref()

startHost({
  channel: createSocketChannel(new Socket({ fd: wireFd, readable: true, writable: true })),
  begun: openBegunFile(begunFd),
  end: () => exit(0),
})
