// Does what the path says, `/KIND/NUMBER`, many events at a time, and notes each run before it does anything.
import { spawn } from 'node:child_process'
import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const runs = openSync(process.env.SOAK_RUNS, 'a')

/** Notes the run with this process, then acts. */
export async function handler(_context, event) {
  writeSync(runs, `${event.path} ${process.pid}\n`)
  return acts[event.path.split('/')[1]](event)
}

const die = (signal) => {
  process.kill(process.pid, signal)
  return new Promise(() => {})
}

const acts = {
  echo: (event) => event.body,
  big: (event) => event.body,
  async slow(event) {
    await sleep(Number(event.path.split('/')[2]) % 20)
    return event.body
  },
  throw(event) {
    throw new Error(event.path)
  },
  uncaught() {
    setTimeout(() => {
      throw new Error('nobody catches this')
    }, 1)
    return new Promise(() => {})
  },
  exit: () => process.exit(3),
  kill: () => die('SIGKILL'),
  segv: () => die('SIGSEGV'),
  /** Leaves a child behind that heeds nothing. */
  orphan() {
    spawn('sh', ['-c', 'trap "" TERM INT HUP; sleep 600'], { stdio: 'ignore' }).once('spawn', () => process.exit(1))
    return new Promise(() => {})
  },
  hang: () => new Promise(() => {}),
  spin() {
    for (;;);
  },
  async *stream(event) {
    const [count, size] = event.text().split(' ').map(Number)
    for (let number = 0; number < count; number++) yield `${event.path} ${number}\n`.padEnd(size, '.')
  },
  async *broken() {
    yield 'begun '.repeat(100)
    throw new Error('in the midst of it')
  },
}
