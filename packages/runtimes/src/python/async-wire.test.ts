import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, frameFlag, frameType, type InFrame, streamWindowBytes } from '@pelton/protocols/worker'
import { waitUntil } from '@pelton/testkit'
import { type RawHost, startRawHost, startUnreadyHost, u32 } from './fixtures/raw-host.ts'

const left = { ...frame(frameType.abort, 1), code: 0 }
const overdue = { ...frame(frameType.abort, 1), code: 1 }

/** The ids of the next answers, in their order. */
async function ids(host: RawHost, count: number): Promise<number[]> {
  const answers: InFrame[] = []
  while (answers.length < count) answers.push(await host.next())
  return answers.map(({ id }) => id)
}

test('it says that its handlers can be ended, and how many it bears', async (t) => {
  const one = 'def init_context(context):\n    pass\nasync def handler(context, event):\n    pass\n'
  const inline = 'async def init_context(context):\n    pass\ndef handler(context, event):\n    pass\n'
  const cases = [
    [one, 8, { protocol: 1, atDeadline: 'abort' }],
    [one, 1, { protocol: 1, atDeadline: 'abort', ahead: 16 }],
    [inline, 8, { protocol: 1, concurrency: 1, ahead: 16 }],
  ] as const
  for (const [handler, concurrency, ready] of cases) {
    assert.deepEqual((await startRawHost(t, handler, { concurrency })).ready, ready)
  }
})

test('events run at once, and each is answered when it is done', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
waiting = []
async def handler(context, event):
    if event.body == b'all':
        for each in reversed(waiting):
            each.set()
            await asyncio.sleep(0.001)
        return
    mine = asyncio.Event()
    waiting.append(mine)
    await mine.wait()
    return event.body
`,
    { concurrency: 101 },
  )
  for (let id = 1; id <= 100; id++) host.event(id, `body ${id}`)
  host.event(101, 'all')
  const order = (await ids(host, 101)).filter((id) => id !== 101)
  assert.deepEqual(
    order,
    Array.from({ length: 100 }, (_, at) => 100 - at),
  )
})

test('it runs no more at a time than it was told; the others begin in their order and may be recalled', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
running = 0
async def handler(context, event):
    global running
    running += 1
    most = running
    await asyncio.sleep(0.02)
    running -= 1
    return str(most)
`,
  )
  for (const id of [1, 2, 3]) host.event(id)
  await waitUntil('the begin', () => host.begun.read(1))
  assert.equal(host.begun.read(2), undefined)
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
  assert.equal(String(answers[2]!.body()), '1')
})

test('a deadline cancels the handler, whose event fails; a caller that left is only told of', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
cleaned = []
async def handler(context, event):
    if event.body == b'cleaned':
        return str(cleaned)
    try:
        while not event.aborted:
            await asyncio.sleep(0.002)
        return 'left'
    finally:
        cleaned.append(True)
`,
    { concurrency: 4 },
  )
  host.event(1)
  await waitUntil('the begin', () => host.begun.read(1))
  host.send(left)
  assert.equal(String((await host.next()).body()), 'left')
  host.event(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  host.send(overdue)
  const failed = await host.next()
  assert.equal(failed.type, frameType.failed)
  assert.match(failed.meta(), /CancelledError/)
  host.event(1, 'cleaned')
  assert.equal(String((await host.next()).body()), '[True, True]')
})

test('a handler that leaves by SystemExit or KeyboardInterrupt fails its event only', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio, sys
async def leave():
    sys.exit(4)
async def handler(context, event):
    if event.body == b'exit':
        sys.exit(3)
    if event.body == b'interrupt':
        raise KeyboardInterrupt
    if event.body == b'behind':
        asyncio.get_running_loop().create_task(leave())
        await asyncio.sleep(0.01)
    return 'fine'
`,
    { concurrency: 4 },
  )
  for (const body of ['exit', 'interrupt']) {
    host.event(1, body)
    assert.equal((await host.next()).type, frameType.failed)
  }
  host.event(1, 'behind')
  const frames = [await host.next(), await host.next()]
  assert.deepEqual(frames.map(({ type }) => type).sort(), [frameType.response, frameType.fault])
  host.event(1)
  assert.equal(String((await host.next()).body()), 'fine')
})

const flood = `
import asyncio
closed = []
# Nobody but the host closes them.
alive = []
async def later(size):
    try:
        while True:
            yield bytes(size)
            await asyncio.sleep(0)
    finally:
        await asyncio.sleep(0)
        closed.append(True)
def chunks(size):
    try:
        while True:
            yield bytes(size)
    finally:
        closed.append(True)
async def idle():
    try:
        yield b'first'
        await asyncio.Event().wait()
    finally:
        closed.append(True)
async def handler(context, event):
    kind = event.body.decode()
    if kind == 'closed':
        return str(len(closed))
    alive.append(later(1008) if kind == 'async' else chunks(1008) if kind == 'sync' else idle())
    return alive[-1]
`

for (const kind of ['sync', 'async']) {
  test(`a stream of a generator (${kind}) keeps to its window, and is closed when its reader leaves`, async (t) => {
    const host = await startRawHost(t, flood, { concurrency: 4 })
    host.event(1, kind)
    assert.ok((await host.next()).has(frameFlag.stream))
    for (let at = 0; at < streamWindowBytes / 1024; at++) assert.equal((await host.next()).type, frameType.chunk)
    // Another event shows that the loop goes on and nothing else was sent.
    host.event(2, 'closed')
    assert.equal(String((await host.next()).body()), '0')
    host.send(frame(frameType.window, 1, '', u32(1024)))
    assert.equal((await host.next()).type, frameType.chunk)
    host.send(frame(frameType.cancel, 1))
    assert.equal((await host.next()).type, frameType.end)
    host.event(2, 'closed')
    assert.equal(String((await host.next()).body()), '1')
  })
}

test('a stream that waits for something else hears that its reader or its caller has left', async (t) => {
  const host = await startRawHost(t, flood, { concurrency: 4 })
  for (const [abort, type] of [
    [frame(frameType.cancel, 1), frameType.end],
    [left, frameType.broken],
    [overdue, frameType.broken],
  ] as const) {
    host.event(1, 'idle')
    assert.deepEqual([(await host.next()).type, (await host.next()).type], [frameType.response, frameType.chunk])
    host.send(abort)
    assert.equal((await host.next()).type, type)
  }
  host.event(2, 'closed')
  assert.equal(String((await host.next()).body()), '3')
})

test('a stream that begins when its caller has left already is closed at once', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
async def chunks():
    await asyncio.Event().wait()
    yield 'never'
async def handler(context, event):
    while not event.aborted:
        await asyncio.sleep(0.002)
    return chunks()
`,
    { concurrency: 4 },
  )
  host.event(1)
  await waitUntil('the begin', () => host.begun.read(1))
  host.send(left)
  assert.equal((await host.next()).type, frameType.response)
  assert.equal((await host.next()).type, frameType.broken)
})

test('tasks that a handler leaves behind live on; one that fails is a fault, with its event', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio, gc
done = []
async def behind(fails):
    await asyncio.sleep(0.02)
    if fails:
        raise ValueError('nobody catches this')
    done.append(True)
async def handler(context, event):
    if event.body == b'done':
        gc.collect()
        return str(len(done))
    asyncio.get_running_loop().create_task(behind(event.body == b'fails'))
`,
    { concurrency: 4 },
  )
  host.event(1)
  host.event(2, 'fails')
  await host.next()
  await host.next()
  const seen: InFrame[] = []
  let id = 2
  await waitUntil('the fault', async () => {
    // The fault may come between an event and its answer; an id is free again only when it has been answered.
    host.event((id += 1), 'done')
    do seen.push(await host.next())
    while (seen.at(-1)!.id !== id)
    return seen.some(({ type }) => type === frameType.fault) && seen.some((one) => String(one.body()) === '1')
  })
  const fault = JSON.parse(seen.find(({ type }) => type === frameType.fault)!.meta()) as Record<string, string>
  assert.deepEqual([fault['message'], fault['eventId']], ['nobody catches this', 'event-2'])
  assert.match(fault['stack'] ?? '', /handler\.py/)
})

test('what a task logs after its event is no record of an event that has its id by then', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
tasks = []
async def later(context):
    await asyncio.sleep(0.02)
    context.logger.info('late')
async def handler(context, event):
    context.logger.info('in time')
    tasks.append(asyncio.create_task(later(context)))
`,
    { concurrency: 8 },
  )
  host.event(1, '', { code: 1 })
  await host.next()
  await waitUntil('the late record', () => host.logs.includes('late'))
  host.event(2)
  await host.next()
  // Once to the log, and once to whoever wanted the event's records.
  assert.deepEqual(host.logs, ['in time', 'in time', 'late', 'in time'])
})

test('a batch is one call, awaited; a deadline of one of its events cancels it', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
async def handler(context, events):
    if events[0].body == b'wait':
        await asyncio.Event().wait()
    await asyncio.sleep(0)
    return [event.body for event in events]
`,
    { concurrency: 2, facts: { batchSize: 4 } },
  )
  const batch = (...bodies: string[]): void => {
    host.send({ ...frame(frameType.batch, 0), code: bodies.length })
    for (const [at, body] of bodies.entries()) host.event(at + 1, body)
  }
  batch('a', 'b')
  assert.deepEqual([String((await host.next()).body()), String((await host.next()).body())], ['a', 'b'])
  batch('wait', 'b', 'c')
  await waitUntil('the begin', () => host.begun.read(3))
  host.send(overdue)
  for (const id of [1, 2, 3]) {
    const { type, id: failed } = await host.next()
    assert.deepEqual([type, failed], [frameType.failed, id])
  }
})

test('large answers are written as the socket takes them, while other events go on', async (t) => {
  const host = await startRawHost(
    t,
    `
async def handler(context, event):
    return event.body if event.body else b'x' * 50_000_000
`,
    { concurrency: 8 },
  )
  const body = Buffer.alloc(20_000_000, 'abc')
  host.event(1)
  host.event(2, body)
  host.event(3, 'small')
  const answers = [await host.next(), await host.next(), await host.next()]
  const sizes = answers.map((answer) => [answer.id, answer.body().length]).sort(([a], [b]) => Number(a) - Number(b))
  assert.deepEqual(sizes, [
    [1, 50_000_000],
    [2, 20_000_000],
    [3, 5],
  ])
})

test('ten thousand log lines without an await arrive, as do those of other threads', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
def chatter(context):
    for at in range(1000):
        context.logger.info('thread ' + 'x' * 500)
async def handler(context, event):
    threads = [asyncio.get_running_loop().run_in_executor(None, chatter, context) for _ in range(2)]
    for at in range(10_000):
        context.logger.info('loop ' + 'x' * 500)
    await asyncio.gather(*threads)
    return 'done'
`,
    { concurrency: 4 },
  )
  host.event(1)
  assert.equal(String((await host.next()).body()), 'done')
  assert.equal(host.logs.length, 12_000)
})

test('a call gives its result on the loop and in threads', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
async def handler(context, event):
    call = context.platform._world.call
    first = await call('ask', {'number': 1})
    second = await asyncio.get_running_loop().run_in_executor(None, call, 'ask', {'number': 2})
    try:
        await call('ask', {'number': 3})
    except Exception as error:
        return f'{first} {second} {error}'
`,
    { concurrency: 4 },
  )
  host.event(1)
  for (const number of [1, 2, 3]) {
    const call = await host.next()
    assert.deepEqual(JSON.parse(call.meta()), { operation: 'ask', payload: { number } })
    const flags = frameFlag.noBody | (number === 3 ? frameFlag.error : 0)
    const meta = number === 3 ? '{"code":"no","message":"refused"}' : `"${number}"`
    host.send({ ...frame(frameType.result, call.id, meta), flags })
  }
  assert.equal(String((await host.next()).body()), '1 2 refused')
})

test('at a stop it finishes what runs, runs the callbacks, lets tasks clean up and ends', async (t) => {
  const host = await startRawHost(
    t,
    `
import asyncio
async def behind():
    try:
        await asyncio.Event().wait()
    finally:
        print('cleaned up')
async def drained():
    await asyncio.sleep(0)
    print('drained')
async def init_context(context):
    asyncio.get_running_loop().create_task(behind())
    context.platform.set_termination_callback(drained)
async def handler(context, event):
    await asyncio.sleep(0.05)
    return 'done'
`,
    { concurrency: 4 },
  )
  host.event(1)
  host.stop()
  assert.equal(String((await host.next()).body()), 'done')
  assert.equal(await host.ended, 0)
  assert.deepEqual(host.logs, ['drained', 'cleaned up'])
})

test('the end of the socket and what is no frame end it at once', async (t) => {
  const handler = 'import asyncio\nasync def handler(context, event):\n    await asyncio.Event().wait()\n'
  const gone = await startRawHost(t, handler)
  gone.event(1)
  ;(gone.child.stdio as unknown as { destroy(): void }[])[3]!.destroy()
  assert.equal(await gone.ended, 0)
  const broken = await startRawHost(t, handler)
  broken.write(Buffer.alloc(64))
  assert.equal(await broken.ended, 1)
  assert.match(broken.stderr(), /the worker ends: its socket brought no frame/)
})

test('a failed async init_context is refused', async (t) => {
  const handler = 'async def init_context(context):\n    raise ValueError("no")\nasync def handler(c, e):\n    pass\n'
  const host = await startUnreadyHost(t, handler)
  const refused = await host.next()
  assert.equal(refused.type, frameType.refused)
  assert.equal(await host.ended, 0)
})
