import { describeRuntime } from '@pelton/testkit'
import manifest from './index.ts'

const handler = `
let produced = 0

async function* chunks(count) {
  for (let at = 1; at <= count; at++) yield 'chunk ' + at
}

async function* flood() {
  for (;;) {
    produced++
    yield Buffer.alloc(10_000)
  }
}

const commands = {
  echo: (_, text) => text,
  large: (_, count) => 'x'.repeat(Number(count)),
  created: (context) => new context.Response('made', { 'x-made': 'yes' }, 'text/x-made', 201),
  throw() {
    throw new Error('as told')
  },
  log(context) {
    context.logger.info('logged')
    return 'done'
  },
  pause: (_, ms) => new Promise((resolve) => setTimeout(() => resolve('paused'), Number(ms))),
  stream: (_, count) => chunks(Number(count)),
  flood: () => flood(),
  produced: () => String(produced),
  wait: (_, __, event) => new Promise((resolve) => event.signal.addEventListener('abort', () => resolve('aborted'))),
  fault() {
    setTimeout(() => {
      throw new Error('nobody catches this')
    }, 5)
    return new Promise(() => {})
  },
  block() {
    for (;;);
  },
  die: () => process.exit(7),
}

exports.handler = async (context, event) => {
  const [command, ...rest] = event.body.toString().split(' ')
  return commands[command](context, rest.join(' '), event)
}
`

for (const isolation of ['thread', 'process'] as const) {
  describeRuntime(`nodejs, isolation ${isolation},`, {
    load: () => manifest.load(),
    isolation,
    runtime: 'nodejs',
    files: { 'handler.js': handler },
    faultyFiles: { 'handler.js': 'exports.somethingElse = 1' },
    concurrency: 16,
  })
}
