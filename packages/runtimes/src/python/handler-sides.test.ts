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
