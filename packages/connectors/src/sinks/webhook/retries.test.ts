import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { FakeClock, findFreePort, sinkItem, waitUntil, within } from '@pelton/testkit'
import { openWebhook, rejection } from './fixtures/open-webhook.ts'
import { startReceiver, statuses } from './fixtures/start-receiver.ts'

for (const status of [200, 201, 202, 204, 206, 299]) {
  test(`${status} is a delivery`, async (t) => {
    const receiver = await startReceiver(t, statuses(status))
    const { sink, retries } = await openWebhook(t, { url: receiver.url })
    await sink.write(sinkItem('a'))
    assert.deepEqual([receiver.requests.length, retries()], [1, 0])
  })
}

for (const status of [408, 429, 500, 502, 503, 504, 599]) {
  test(`${status} is tried again, with the same id, until it succeeds`, async (t) => {
    const receiver = await startReceiver(t, statuses(status, status, 200))
    const { sink, retries } = await openWebhook(t, { url: receiver.url })
    await sink.write(sinkItem('a', { eventId: 'same' }))
    assert.deepEqual(
      receiver.requests.map(({ headers, body }) => [headers['x-event-id'], String(body)]),
      Array.from({ length: 3 }, () => ['same', 'a']),
    )
    assert.equal(retries(), 2)
  })
}

for (const status of [300, 304, 400, 401, 403, 404, 409, 410, 413, 422, 451]) {
  test(`${status} is given up at once`, async (t) => {
    const receiver = await startReceiver(t, statuses(status))
    const { sink, retries } = await openWebhook(t, { url: receiver.url })
    const error = await rejection(sink.write(sinkItem('a')))
    assert.deepEqual([error.code, error.retryable], ['webhook_refused', false])
    assert.match(error.message, new RegExp(`status ${status}`))
    assert.deepEqual([receiver.requests.length, retries()], [1, 0])
  })
}

for (const [maxRetries, attempts] of [
  [0, 1],
  [2, 3],
] as const) {
  test(`with maxRetries ${maxRetries} there are ${attempts} attempts, and the next item has its own`, async (t) => {
    const receiver = await startReceiver(t, statuses(...Array.from({ length: attempts }, () => 500), 200))
    const { sink, retries } = await openWebhook(t, { url: receiver.url, maxRetries })
    const error = await rejection(sink.write(sinkItem('a')))
    const word = attempts === 1 ? 'attempt' : 'attempts'
    assert.equal(error.code, 'webhook_failed')
    assert.equal(error.message, `webhook ${receiver.url}/ failed after ${attempts} ${word}: status 500`)
    assert.deepEqual([receiver.requests.length, retries()], [attempts, maxRetries])
    await sink.write(sinkItem('b'))
  })
}

test('a receiver that is not there yet gets the item once it is', async (t) => {
  const port = await findFreePort()
  const { sink, retries } = await openWebhook(t, {
    url: `http://127.0.0.1:${port}`,
    retryDelay: '10ms',
    maxRetries: 20,
  })
  const write = sink.write(sinkItem('a'))
  await waitUntil('a further attempt', () => retries() > 0)
  const receiver = await startReceiver(t, statuses(200), { port })
  await within('the write', write)
  assert.equal(receiver.requests.length, 1)
})

test('a refused connection and a name that nobody has say so', async (t) => {
  const port = await findFreePort()
  for (const [host, reason] of [
    ['127.0.0.1', /ECONNREFUSED/],
    ['localhost', /ECONNREFUSED/],
    ['no-such-host.invalid', /ENOTFOUND|EAI_AGAIN/],
  ] as const) {
    const { sink } = await openWebhook(t, { url: `http://${host}:${port}`, maxRetries: 0 })
    assert.match((await rejection(sink.write(sinkItem('a')))).message, reason)
  }
})

test('a receiver that hangs costs a timeout for each attempt, and is cut', async (t) => {
  const receiver = await startReceiver(t, (response, number) => {
    if (number === 3) response.end()
  })
  const { sink, retries } = await openWebhook(t, { url: receiver.url, timeout: '400ms' })
  await sink.write(sinkItem('a'))
  assert.deepEqual([receiver.requests.length, retries()], [3, 2])
  await waitUntil('the end of the attempts that hung', () => receiver.open() === 0)
})

test('a receiver that takes no connection, no body, or answers a byte at a time, is timed out', async (t) => {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    if (sockets.size === 2) setInterval(() => socket.write('H'), 20).unref()
    else socket.pause()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as net.AddressInfo
  const { sink } = await openWebhook(t, { url: `http://127.0.0.1:${port}`, timeout: '80ms', maxRetries: 2 })
  const error = await rejection(within('the write', sink.write(sinkItem(Buffer.alloc(16 << 20))), 5000))
  assert.match(error.message, /^webhook \S+ failed after 3 attempts: (no answer within 80ms|Parse Error.*)$/)
})

test('a kept connection that its other end has closed is no attempt, but a connection that breaks at once again is', async (t) => {
  const receiver = await startReceiver(t, (response, number) => {
    // The answers look as if the connection were kept.
    if (number === 1) response.end()
    else if (number === 2 || number === 4) response.socket?.resetAndDestroy()
    else response.end()
  })
  const { sink, retries } = await openWebhook(t, { url: receiver.url, maxRetries: 0 })
  await sink.write(sinkItem('a'))
  await sink.write(sinkItem('b'))
  assert.deepEqual([receiver.requests.length, retries()], [3, 0])
  const fresh = await openWebhook(t, { url: receiver.url, maxRetries: 0 })
  assert.equal((await rejection(fresh.sink.write(sinkItem('c')))).code, 'webhook_failed')
  assert.equal(receiver.requests.length, 4)
})

test('the waits between attempts double, and a receiver that names one is waited for', async (t) => {
  const clock = new FakeClock(Date.UTC(2030, 0, 1))
  const waits: number[] = []
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    waits.push(ms)
    return clock.sleep(ms, signal)
  }
  const retryAfter = [undefined, '7', undefined, 'Tue, 01 Jan 2030 00:01:00 GMT', '100000']
  const receiver = await startReceiver(t, (response, number) => {
    const after = retryAfter[number - 1]
    response
      .writeHead(number > retryAfter.length ? 200 : 503, after === undefined ? {} : { 'Retry-After': after })
      .end()
  })
  const attributes = { url: receiver.url, maxRetries: 9, retryDelay: 1 }
  const facts = { clock: { now: clock.now, wall: clock.wall, after: clock.after, sleep } }
  const { sink, retries } = await openWebhook(t, attributes, facts)
  const write = sink.write(sinkItem('a'))
  const bounds: [least: number, most: number][] = [
    [1000, 1250],
    [7000, 7000],
    [4000, 5000],
    // Until the date, of which the waits before have taken their part.
    [46_750, 48_000],
    [60_000, 60_000],
  ]
  for (const [index, [least, most]] of bounds.entries()) {
    await waitUntil('the next wait', () => waits.length === index + 1)
    const wait = waits[index] ?? 0
    assert.ok(wait >= least && wait <= most, `wait ${index} was ${wait}`)
    await clock.advance(wait - 1)
    assert.equal(retries(), index)
    await clock.advance(1)
    assert.equal(retries(), index + 1)
  }
  await within('the write', write)
})
