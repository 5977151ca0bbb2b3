import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, frameFlag, frameType, streamWindowBytes } from '@pelton/protocols/worker'
import { startRawHost, u32 } from './fixtures/raw-host.ts'

const flood = `
closed = []
# Nobody but the host closes them.
alive = []
def chunks(size):
    try:
        while True:
            yield bytes(size)
    finally:
        closed.append(True)
def handler(context, event):
    if event.body == b'closed':
        return str(len(closed))
    alive.append(chunks(int(event.body)))
    return alive[-1]
`

test('a stream stops at its window and goes on when it grows', async (t) => {
  const host = await startRawHost(t, flood)
  host.event(1, '1008')
  const head = await host.next()
  assert.ok(head.has(frameFlag.stream))
  const perWindow = streamWindowBytes / 1024
  for (let at = 0; at < perWindow; at++) assert.equal((await host.next()).type, frameType.chunk)
  // A ping shows that nothing else was sent, and is answered while the stream waits.
  host.send(frame(frameType.ping, 1))
  assert.equal((await host.next()).type, frameType.pong)
  host.send(frame(frameType.window, 1, '', u32(2048)))
  assert.equal((await host.next()).type, frameType.chunk)
  assert.equal((await host.next()).type, frameType.chunk)
  host.send(frame(frameType.ping, 2))
  assert.equal((await host.next()).type, frameType.pong)
  host.event(2, 'closed')
  host.send(frame(frameType.cancel, 1))
  assert.equal((await host.next()).type, frameType.end)
  assert.equal(String((await host.next()).body()), '1')
})

test('one chunk may be larger than the window', async (t) => {
  const host = await startRawHost(t, flood)
  host.event(1, '1000000')
  await host.next()
  assert.equal((await host.next()).body().length, 1_000_000)
  host.send(frame(frameType.abort, 1))
  assert.equal((await host.next()).type, frameType.broken)
})

test('a stream that never fills its window hears that its reader has left', async (t) => {
  const host = await startRawHost(
    t,
    `
import time
def chunks():
    while True:
        time.sleep(0.005)
        yield 'x'
def handler(context, event):
    return chunks()
`,
  )
  host.event(1)
  await host.next()
  await host.next()
  host.send(frame(frameType.cancel, 1))
  let last = await host.next()
  while (last.type === frameType.chunk) last = await host.next()
  assert.equal(last.type, frameType.end)
})

test('a generator that raises breaks its stream off; the host goes on', async (t) => {
  const host = await startRawHost(
    t,
    `
def chunks():
    yield 'one'
    raise ValueError('broke')
async def more():
    yield 'two'
def handler(context, event):
    return chunks() if event.body == b'raise' else more() if event.body == b'async' else iter([3])
`,
  )
  for (const [body, types] of [
    ['raise', [frameType.response, frameType.chunk, frameType.broken]],
    ['async', [frameType.response, frameType.chunk, frameType.end]],
    ['number', [frameType.response, frameType.broken]],
  ] as const) {
    host.event(1, body)
    for (const type of types) assert.equal((await host.next()).type, type)
  }
})
