import assert from 'node:assert/strict'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { HandlerSide } from '@pelton/core'
import { frame, frameFlag, frameType, type InFrame } from '@pelton/protocols/worker'
import { createTempFolder } from '@pelton/testkit'
import { type RawHost, startRawHost, startUnreadyHost } from './fixtures/raw-host.ts'

const side = `
class Chat:
    def __init__(self, call):
        self._call = call

    def send(self, to, data=None):
        return self._call('send', {'to': to}, data)

def create_handler_side(call):
    return Chat(call)
`

async function sidesOf(t: TestContext, source = side): Promise<{ handlerSides: HandlerSide[] }> {
  const folder = await createTempFolder(t, { 'handler side.py': source })
  const python = pathToFileURL(path.join(folder, 'handler side.py')).href
  return { handlerSides: [{ member: 'chat', node: '', python }] }
}

/** Takes the next frame, which is to be a call, and gives its result. */
async function answerCall(host: Pick<RawHost, 'next' | 'send'>, result: unknown): Promise<InFrame> {
  const call = await host.next()
  assert.equal(call.type, frameType.call)
  host.send({ ...frame(frameType.result, call.id, JSON.stringify(result)), flags: frameFlag.noBody })
  return call
}

test('in a worker of one event at a time a call blocks and gives its result, in init_context as well', async (t) => {
  const handler = `
def init_context(context):
    context.user_data.first = context.chat.send('init')
def handler(context, event):
    return context.user_data.first + context.chat.send(event.connection.id, event.body)
`
  const host = await startUnreadyHost(t, handler, { facts: await sidesOf(t) })
  const first = await answerCall(host, 'one ')
  assert.ok(first.has(frameFlag.noBody))
  assert.equal((await host.next()).type, frameType.ready)
  const meta = JSON.stringify({ id: 'e', timestamp: 0, contentType: '', extra: { connection: { id: 'c1' } } })
  host.event(1, 'hi', { meta, flags: frameFlag.extra })
  const second = await answerCall(host, 'two')
  assert.deepEqual(
    [JSON.parse(second.meta()), String(second.body())],
    [{ operation: 'send', payload: { to: 'c1' } }, 'hi'],
  )
  assert.equal(String((await host.next()).body()), 'one two')
})

test('in a worker of async handlers a call is awaited on the loop and blocks in threads', async (t) => {
  const handler = `
import asyncio
async def init_context(context):
    await context.chat.send('init')
async def handler(context, event):
    first = await context.chat.send('loop')
    return first + await asyncio.get_running_loop().run_in_executor(None, context.chat.send, 'thread')
`
  const host = await startUnreadyHost(t, handler, { facts: await sidesOf(t), concurrency: 4 })
  await answerCall(host, '')
  assert.equal((await host.next()).type, frameType.ready)
  host.event(1)
  await answerCall(host, 'one ')
  await answerCall(host, 'two')
  assert.equal(String((await host.next()).body()), 'one two')
})

test('it works outside events, in threads of the handler', async (t) => {
  const handler = `
import threading
def init_context(context):
    threading.Timer(0.01, lambda: context.chat.send('later')).start()
def handler(context, event):
    pass
`
  const host = await startRawHost(t, handler, { facts: { ...(await sidesOf(t)), compat: 'nuclio' } })
  const call = await answerCall(host, null)
  assert.deepEqual(JSON.parse(call.meta()), { operation: 'send', payload: { to: 'later' } })
})

const results = `
class Result:
    headers, content_type, status_code = {}, '', 200

    def __init__(self, text):
        self.body, self.extra = text, {'chat': {'text': text, 'n': [1]}}

def create_handler_side(call):
    return Result
`
const handlers = {
  'one at a time': 'def handler(context, event):\n    return context.chat(event.body.decode())\n',
  'in async handlers': 'async def handler(context, event):\n    return context.chat(event.body.decode())\n',
  'in batches': 'def handler(context, events):\n    return [context.chat(each.body.decode()) for each in events]\n',
  'in async batches':
    'async def handler(context, events):\n    return [context.chat(each.body.decode()) for each in events]\n',
}

for (const [way, handler] of Object.entries(handlers)) {
  for (const compat of ['none', 'nuclio'] as const) {
    test(`what it makes for its trigger alone goes out with the response, ${way}, in files of ${compat}`, async (t) => {
      const isBatch = way.endsWith('batches')
      const facts = { ...(await sidesOf(t, results)), compat, ...(isBatch ? { batchSize: 2 } : {}) }
      const host = await startRawHost(t, handler, { facts, concurrency: 2 })
      if (isBatch) host.send({ ...frame(frameType.batch, 0), code: 2 })
      host.event(1, 'a')
      host.event(2, '')
      for (const text of ['a', '']) {
        const answer = await host.next()
        assert.equal(answer.type, frameType.response)
        const { extra } = JSON.parse(answer.meta()) as { extra: unknown }
        assert.deepEqual([extra, String(answer.body())], [{ chat: { text, n: [1] } }, text])
        assert.ok(!answer.has(frameFlag.noBody | frameFlag.plainMeta))
      }
    })
  }
}

test('what it makes and JSON cannot hold fails the event', async (t) => {
  const handler = `
def handler(context, event):
    result = context.chat('x')
    result.extra['chat'] = object()
    return result
`
  const host = await startRawHost(t, handler, { facts: await sidesOf(t, results) })
  host.event(1)
  const answer = await host.next()
  assert.equal(answer.type, frameType.failed)
  assert.match(answer.meta(), /extra cannot be written as JSON: an object of type object is no JSON/)
})

test('a handler that says nothing is told from one that gives an empty text', async (t) => {
  const handlers = [
    "def handler(context, event):\n    return None if event.body == b'none' else ''\n",
    "async def handler(context, event):\n    return None if event.body == b'none' else ''\n",
  ]
  for (const handler of handlers) {
    for (const compat of ['none', 'nuclio', 'digitalhub'] as const) {
      const host = await startRawHost(t, handler, { facts: { compat } })
      host.event(1, 'none')
      assert.ok((await host.next()).has(frameFlag.noBody), compat)
      host.event(2, 'empty')
      const empty = await host.next()
      assert.deepEqual([empty.has(frameFlag.noBody), empty.body()?.length], [false, 0], compat)
    }
  }
})

test('one that cannot be made refuses the function, as a fault of ours', async (t) => {
  const host = await startUnreadyHost(t, 'def handler(context, event):\n    pass\n', {
    facts: await sidesOf(t, 'raise ValueError("broken")'),
  })
  const refused = await host.next()
  assert.equal(refused.type, frameType.refused)
  const error = JSON.parse(refused.meta()) as Record<string, unknown>
  assert.deepEqual([error['code'], error['blame'], error['retryable']], ['handler_side_failed', 'bug', false])
  assert.match(String(error['message']), /context\.chat .*handler%20side\.py: ValueError: broken/)
  assert.deepEqual(host.logs, ['handler_side_failed'])
})
