import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { type Answer, type ServedFunction, serve, serveSuite } from './serve-function.ts'
import { isAlive } from './is-alive.ts'

const yaml = (more: string): string => `apiVersion: pelton/v1
kind: Function
metadata: { name: timeouts }
spec:
  runtime: python
  handler: handler.py
  ${more}
`
const trigger = 'triggers: { http: { kind: http, url: 127.0.0.1:0, numWorkers: 1, workerTerminationTimeout: 700ms } }'

const sync = `import os, signal, subprocess, time

def handler(context, event):
    if event.body.get('deaf'):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
    child = subprocess.Popen(['sleep', '1000']) if event.body.get('child') else None
    if child:
        context.logger.info_with('child', pid=child.pid)
    while event.body.get('spins'):
        pass
    time.sleep(event.body.get('seconds', 0))
    return {'pid': os.getpid()}
`

const asynchronous = `import asyncio, os, time

async def handler(context, event):
    try:
        while event.body.get('spins'):
            pass
        while event.body.get('stubborn'):
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                context.logger.info('not listening')
        await asyncio.sleep(event.body.get('seconds', 0))
    except asyncio.CancelledError:
        context.logger.info('cancelled')
        raise
    return {'pid': os.getpid()}
`

const send = (served: ServedFunction, work: object): Promise<Answer> =>
  served.ask(JSON.stringify(work), { headers: { 'content-type': 'application/json' } })

async function pidOf(served: ServedFunction): Promise<number> {
  const answer = await send(served, { seconds: 0.001 })
  assert.equal(answer.status, 200, answer.text)
  return (JSON.parse(answer.text) as { pid: number }).pid
}

async function timesOut(served: ServedFunction, work: object): Promise<void> {
  const begun = performance.now()
  const answer = await send(served, work)
  assert.ok(performance.now() - begun < 2500, 'answered at the deadline')
  assert.deepEqual([answer.status, answer.type], [408, 'application/json'])
  assert.equal(answer.text, '{"error": "handler timed out"}')
  assert.match(answer.headers.get('x-pelton-event-id') ?? '', /^[0-9a-f-]{36}$/)
}

/** As callers do who try again. */
const worksAgain = (served: ServedFunction): Promise<boolean> =>
  waitUntil('the next 200', async () => (await send(served, { seconds: 0 })).status === 200, {
    everyMs: 10,
    deadlineMs: 10_000,
  })

describe('event timeouts of a sync Python handler', () => {
  const files = { 'function.yaml': yaml(`eventTimeout: 500ms\n  ${trigger}`), 'handler.py': sync }
  const served = serveSuite(files)

  for (const [what, work] of [
    ['a handler that sleeps', { seconds: 5 }],
    ['an endless loop', { spins: true }],
    ['an endless loop that is deaf to signals', { spins: true, deaf: true }],
  ] as const) {
    test(`8.8 rows 48 to 51: ${what} is a 408, its worker is killed and replaced`, async () => {
      const former = await pidOf(served())
      await timesOut(served(), work)
      await worksAgain(served())
      assert.notEqual(await pidOf(served()), former)
      await waitUntil('its end', () => !isAlive(former))
    })
  }

  test('8.14 row 92: what the handler started is killed with its worker, and what waits behind it is handled', async () => {
    const late = send(served(), { seconds: 5, child: true })
    const { pid } = await served().pelton.line('child')
    const behind = [1, 2, 3].map(() => send(served(), {}))
    assert.equal((await late).status, 408)
    for (const other of behind) assert.equal((await within('behind', other)).status, 200)
    await waitUntil('the end of the child', () => !isAlive(Number(pid)))
  })

  test('timeouts and replacements are in the metrics', async () => {
    assert.equal(await served().metric('pelton_event_timeouts_total'), 4)
    assert.equal(await served().metric('pelton_worker_restarts_total', { reason: 'stuck' }), 4)
  })
})

describe('event timeouts of an async Python handler', () => {
  const files = { 'function.yaml': yaml(`eventTimeout: 500ms\n  ${trigger}`), 'handler.py': asynchronous }
  const served = serveSuite(files)

  test('one that waits is cancelled at the deadline; the others and the worker stay', async () => {
    const former = await pidOf(served())
    const beside = send(served(), { seconds: 0.4 })
    await timesOut(served(), { seconds: 5 })
    await served().pelton.line('cancelled')
    assert.equal((await beside).status, 200)
    assert.equal(await pidOf(served()), former)
    assert.equal(await served().metric('pelton_worker_restarts_total'), 0)
  })

  test('one that blocks its loop is a 408, and its worker is killed and replaced', async () => {
    const former = await pidOf(served())
    await timesOut(served(), { spins: true })
    await worksAgain(served())
    await waitUntil('its end', () => !isAlive(former))
    assert.equal(await served().metric('pelton_worker_restarts_total', { reason: 'stuck' }), 1)
  })

  test('one that refuses to be cancelled is a 408, and does not hold up the others', async () => {
    await timesOut(served(), { stubborn: true })
    await served().pelton.line('not listening')
    assert.ok((await pidOf(served())) > 0)
  })
})

test('8.8 row 54: the deadline of events does not touch a worker that has none', async (t) => {
  const idle =
    "def init_context(context):\n    context.logger.info('loaded')\n\ndef handler(context, event):\n    return 'on'\n"
  const served = await serve(t, { 'function.yaml': yaml(`eventTimeout: 1ms\n  ${trigger}`), 'handler.py': idle })
  for (let look = 0; look < 50; look++) assert.equal(await served.metric('pelton_worker_restarts_total'), 0)
  assert.equal(served.pelton.lines().filter(({ message }) => message === 'loaded').length, 1)
})
