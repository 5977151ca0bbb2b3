import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, frameFlag, frameType } from '@pelton/protocols/worker'
import { createTempFolder, waitUntil, writeFiles } from '@pelton/testkit'
import { startRawHost, startUnreadyHost } from './fixtures/raw-host.ts'

const echo = 'def handler(context, event):\n    return event.body\n'

test('it says that it runs one event at a time and takes others ahead', async (t) => {
  const { ready } = await startRawHost(t, echo, { concurrency: 8 })
  assert.deepEqual(ready, { protocol: 1, concurrency: 1, ahead: 16 })
})

test('ten thousand events back to back are answered in their order', async (t) => {
  const host = await startRawHost(t, echo)
  const count = 10_000
  for (let at = 0; at < count; at++) host.event((at % 1000) + 1, `body ${at}`)
  for (let at = 0; at < count; at++) {
    const answer = await host.next()
    assert.equal(answer.type, frameType.response)
    assert.equal(answer.id, (at % 1000) + 1)
    assert.equal(String(answer.body()), `body ${at}`)
  }
})

test('frames are read however they are cut', async (t) => {
  const host = await startRawHost(t, echo)
  const head = Buffer.alloc(16)
  head[0] = frameType.event
  head.writeUInt32LE(7, 4)
  head.writeUInt32LE(2, 8)
  head.writeUInt32LE(5, 12)
  const bytes = Buffer.concat([head, Buffer.from('{}hello')])
  for (const byte of bytes) {
    host.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  assert.equal(String((await host.next()).body()), 'hello')
})

test('an event is noted before its handler runs, and not before the event ahead of it has ended', async (t) => {
  const host = await startRawHost(
    t,
    `
import os, time
def handler(context, event):
    while not os.path.exists(event.body.decode()):
        time.sleep(0.002)
`,
  )
  const folder = await createTempFolder(t)
  host.event(1, `${folder}/one`)
  host.event(2, `${folder}/two`)
  const before = await waitUntil('the first begin', () => host.begun.read(1))
  assert.equal(host.begun.read(2), undefined)
  await writeFiles(folder, { one: '' })
  const after = await waitUntil('the second begin', () => host.begun.read(2))
  assert.ok(after! > before!)
  await writeFiles(folder, { two: '' })
  assert.deepEqual([(await host.next()).id, (await host.next()).id], [1, 2])
})

test('an event that is recalled before it begins is returned and never runs; one that has begun goes on', async (t) => {
  const host = await startRawHost(
    t,
    `
import time
seen = []
def handler(context, event):
    seen.append(event.body.decode())
    if event.body == b'slow':
        time.sleep(0.2)
    return ','.join(seen)
`,
  )
  host.event(1, 'slow')
  await waitUntil('the begin', () => host.begun.read(1))
  host.event(2, 'recalled')
  host.event(3, 'last')
  host.begun.recall?.(1)
  host.begun.recall?.(2)
  const answers = [await host.next(), await host.next(), await host.next()]
  assert.deepEqual(
    answers.map(({ type, id }) => [type, id]),
    [
      [frameType.response, 1],
      [frameType.returned, 2],
      [frameType.response, 3],
    ],
  )
  assert.equal(String(answers[2]!.body()), 'slow,last')
})

test('a recall of an earlier event in the same slot means nothing', async (t) => {
  const host = await startRawHost(t, echo)
  host.begun.recall?.(5)
  host.event(0x10005, 'another')
  assert.equal((await host.next()).type, frameType.response)
})

const failures = {
  'raise ValueError("no")': /no/,
  'import sys; sys.exit(3)': /3/,
  'raise KeyboardInterrupt': /KeyboardInterrupt/,
  'raise BaseException("base")': /base/,
  'handler(context, event)': /recursion/,
  '[bytearray(1 << 60)]': /MemoryError/,
  'return object()': /cannot be sent/,
  'return b"", 999': /cannot be sent/,
}

test('whatever a handler raises or returns fails its event only', async (t) => {
  const cases = Object.keys(failures)
  const branches = cases.map((code, at) => `    if event.body == b'${at}':\n        ${code}\n`).join('')
  const host = await startRawHost(t, `def handler(context, event):\n${branches}    return 'fine'\n`)
  for (const [at, said] of Object.values(failures).entries()) {
    host.event(1, String(at))
    const answer = await host.next()
    assert.equal(answer.type, frameType.failed, cases[at])
    assert.match(answer.meta(), said)
    host.event(1, 'fine')
    assert.equal(String((await host.next()).body()), 'fine')
  }
})

test('an exception that stands for a response answers with it, for one event or a batch', async (t) => {
  const host = await startRawHost(
    t,
    `
import nuclio_sdk
def handler(context, event):
    raise nuclio_sdk.ExceptionWithResponse(418, 'tea', 'text/x-tea')
`,
    { facts: { batchSize: 2 } },
  )
  host.event(1)
  host.send({ ...frame(frameType.batch, 0), code: 2 })
  for (const id of [2, 3]) host.event(id)
  for (const id of [1, 2, 3]) {
    const answer = await host.next()
    assert.deepEqual(
      [answer.id, answer.code, answer.meta(), String(answer.body())],
      [id, 418 | 0x8000, 'text/x-tea', 'tea'],
    )
  }
})

test('a ping is answered between events', async (t) => {
  const host = await startRawHost(t, echo)
  host.event(1)
  host.send(frame(frameType.ping, 77))
  assert.equal((await host.next()).type, frameType.response)
  const pong = await host.next()
  assert.deepEqual([pong.type, pong.id], [frameType.pong, 77])
})

test('something to await that a sync handler returns is awaited', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
async def later(value):
    await asyncio.sleep(0)
    return value
def handler(context, event):
    return later(event.body)
`,
  )
  for (const body of ['one', 'two']) {
    host.event(1, body)
    assert.equal(String((await host.next()).body()), body)
  }
})

test('a batch is one call; each event has an answer of its own', async (t) => {
  const host = await startRawHost(
    t,
    `
calls = 0
def handler(context, events):
    global calls
    calls += 1
    if events[0].body == b'raise':
        raise ValueError('all of them')
    return [f'{calls}: {event.body.decode()}' for event in events]
`,
    { facts: { batchSize: 4 } },
  )
  const batch = (...bodies: string[]): void => {
    host.send({ ...frame(frameType.batch, 0), code: bodies.length })
    for (const [at, body] of bodies.entries()) host.event(at + 1, body)
  }
  batch('a', 'b', 'c')
  for (const [at, text] of ['1: a', '1: b', '1: c'].entries()) {
    const answer = await host.next()
    assert.deepEqual([answer.id, String(answer.body())], [at + 1, text])
    assert.ok(host.begun.read(at + 1))
  }
  host.begun.recall?.(2)
  batch('d', 'e')
  assert.deepEqual([(await host.next()).type, String((await host.next()).body())], [frameType.returned, '2: d'])
  batch('raise', 'f', 'g')
  for (const id of [1, 3]) {
    const answer = await host.next()
    // The second slot is still recalled.
    assert.equal(answer.type, id === 1 ? frameType.returned : frameType.failed)
  }
})

test('large bodies pass both ways', async (t) => {
  const host = await startRawHost(t, echo)
  for (const bytes of [70_000, 5_000_000, 100_000_000]) {
    const body = Buffer.alloc(bytes, 'abcdefg')
    host.event(1, body)
    const answer = await host.next()
    assert.equal(answer.body().length, bytes)
    assert.ok(body.equals(answer.body()))
  }
})

test('at a stop it finishes what waits, runs the callbacks and ends, whatever they do', async (t) => {
  const host = await startRawHost(
    t,
    `
import atexit, sys, threading, time
def raises():
    raise ValueError('callback')
async def later():
    print('drained')
def init_context(context):
    context.platform.set_drain_callback(later)
    context.platform.set_termination_callback(raises)
    atexit.register(lambda: print('at exit', end=''))
    threading.Thread(target=lambda: time.sleep(100)).start()
def handler(context, event):
    time.sleep(0.01)
    return event.body
`,
  )
  for (const id of [1, 2, 3]) host.event(id, 'x')
  host.stop()
  for (const id of [1, 2, 3]) assert.equal((await host.next()).id, id)
  assert.equal(await host.ended, 0)
  assert.deepEqual([...host.logs].sort(), ['at exit', 'drained', 'stop_callback_failed'])
})

test('calls of threads have their results, whether the main thread runs a handler or waits', async (t) => {
  const host = await startRawHost(
    t,
    `
import threading
results = []
def ask(context, number):
    results.append(context.platform._world.call('ask', {'number': number, 'bytes': b'x'}, b'body'))
def handler(context, event):
    if event.body == b'inside':
        thread = threading.Thread(target=ask, args=(context, 1))
        thread.start()
        thread.join()
        ask(context, 2)
    elif event.body == b'beside':
        threading.Thread(target=ask, args=(context, 3)).start()
    return ' '.join(map(str, results))
`,
  )
  const answerCall = async (value: unknown): Promise<unknown> => {
    const call = await host.next()
    assert.equal(call.type, frameType.call)
    assert.equal(String(call.body()), 'body')
    host.send({ ...frame(frameType.result, call.id, JSON.stringify(value)), flags: frameFlag.noBody })
    return JSON.parse(call.meta())
  }
  host.event(1, 'inside')
  const asked = await answerCall('one')
  assert.deepEqual(asked, { operation: 'ask', payload: { number: 1, bytes: { $bytes: 'eA==' } } })
  // An event that comes meanwhile waits for its turn.
  host.event(2, 'beside')
  await answerCall('two')
  assert.equal(String((await host.next()).body()), 'one two')
  const frames = [await host.next(), await host.next()]
  const call = frames.find(({ type }) => type === frameType.call)
  host.send({ ...frame(frameType.result, call!.id, '{"message":"no"}'), flags: frameFlag.noBody })
  const said = await waitUntil('the result', async () => {
    host.event(3)
    const text = String((await host.next()).body())
    return text.includes('message') && text
  })
  assert.equal(said, "one two {'message': 'no'}")
})

test('a function that cannot be loaded is refused, and the process ends', async (t) => {
  const host = await startUnreadyHost(t, 'def init_context(context):\n    raise ValueError("no")\n' + echo)
  const refused = await host.next()
  assert.equal(refused.type, frameType.refused)
  assert.equal((JSON.parse(refused.meta()) as { code: string }).code, 'init_context_failed')
  assert.equal(await host.ended, 0)
})

test('PYTHONDONTWRITEBYTECODE holds for the function, whose folder stays as it is', async (t) => {
  const handler = `import sys
def handler(context, event):
    return str(sys.dont_write_bytecode)
`
  const host = await startRawHost(t, handler, { env: { PYTHONDONTWRITEBYTECODE: '1' } })
  host.event(1)
  assert.equal(String((await host.next()).body()), 'True')
})

test('a child that the handler forks ends as its code says', async (t) => {
  const host = await startRawHost(
    t,
    `
import os, sys
def handler(context, event):
    pid = os.fork()
    if pid == 0:
        how = event.body.decode()
        sys.exit(int(how)) if how.isdigit() else sys.exit(None if how == 'done' else how)
    return str(os.waitpid(pid, 0)[1] >> 8)
`,
  )
  for (const [how, code] of [
    ['7', '7'],
    ['0', '0'],
    ['done', '0'],
    ['why not', '1'],
  ] as const) {
    host.event(1, how)
    assert.equal(String((await host.next()).body()), code)
  }
  await waitUntil('what the last one said', () => host.stderr().includes('why not'))
})
