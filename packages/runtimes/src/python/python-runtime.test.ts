import { describeRuntime } from '@pelton/testkit'
import manifest from './index.ts'

/** What both kinds of handler do alike. */
const commands = `
import os

produced = 0

def chunks(count):
    for at in range(1, count + 1):
        yield f'chunk {at}'

def throw(context, rest, event):
    raise RuntimeError('as told')

def log(context, rest, event):
    context.logger.info('logged')
    return 'done'

def block(context, rest, event):
    while True:
        pass

COMMANDS = {
    'echo': lambda context, rest, event: rest,
    'large': lambda context, rest, event: 'x' * int(rest),
    'created': lambda context, rest, event: context.Response({'x-made': 'yes'}, 'made', 'text/x-made', 201),
    'throw': throw,
    'log': log,
    'block': block,
    'stream': lambda context, rest, event: chunks(int(rest)),
    'produced': lambda context, rest, event: str(produced),
    'die': lambda context, rest, event: os._exit(7),
}
`

const sync = `${commands}
import time

def pause(context, rest, event):
    time.sleep(int(rest) / 1000)
    return 'paused'

COMMANDS['pause'] = pause

def handler(context, event):
    command, _, rest = event.body.decode().partition(' ')
    return COMMANDS[command](context, rest, event)
`

const asynchronous = `${commands}
import asyncio

async def pause(context, rest, event):
    await asyncio.sleep(int(rest) / 1000)
    return 'paused'

async def flood():
    global produced
    while True:
        produced += 1
        yield bytes(10_000)

async def wait(context, rest, event):
    while not event.aborted:
        await asyncio.sleep(0.005)
    return 'aborted'

def raises():
    raise RuntimeError('nobody catches this')

async def fault(context, rest, event):
    asyncio.get_running_loop().call_later(0.005, raises)
    await asyncio.Event().wait()

COMMANDS.update(pause=pause, wait=wait, fault=fault, flood=lambda context, rest, event: flood())

async def handler(context, event):
    command, _, rest = event.body.decode().partition(' ')
    result = COMMANDS[command](context, rest, event)
    return await result if hasattr(result, '__await__') else result
`

const common = {
  load: () => manifest.load(),
  isolation: 'thread',
  runtime: 'python',
  faultyFiles: { 'handler.py': 'something_else = 1\n' },
} as const

describeRuntime('python, a sync handler,', {
  ...common,
  files: { 'handler.py': sync },
  concurrency: 1,
  lacks: ['abort', 'fault'],
})

describeRuntime('python, an async handler,', { ...common, files: { 'handler.py': asynchronous }, concurrency: 16 })
