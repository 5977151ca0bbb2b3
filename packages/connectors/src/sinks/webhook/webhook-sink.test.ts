import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import net from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import {
  type Cleanup,
  FakeClock,
  type SinkTarget,
  createSink,
  createTempFolder,
  describeSink,
  sinkItem,
  testCertificate,
  waitUntil,
  within,
} from '@pelton/testkit'
import { openWebhook, rejection } from './fixtures/open-webhook.ts'
import { type Answer, type Receiver, startReceiver, statuses } from './fixtures/start-receiver.ts'
import manifest from './index.ts'

interface WebhookTarget extends SinkTarget {
  receiver: Receiver
  held: (() => void)[]
  isStalled: boolean
}

describeSink('webhook', {
  manifest,
  startTarget: startWebhookTarget,
  stallTarget: (target: WebhookTarget) => {
    target.isStalled = true
    return () => {
      target.isStalled = false
      for (const answer of target.held.splice(0)) answer()
    }
  },
  loseTarget: (target) => target.receiver.close(),
})

async function startWebhookTarget(): Promise<WebhookTarget> {
  const cleanups: (() => Promise<void> | void)[] = []
  const cleanup: Cleanup = { after: (action) => void cleanups.push(action) }
  const answer: Answer = (response) => {
    const end = (): void => void response.writeHead(204).end()
    if (target.isStalled) target.held.push(end)
    else end()
  }
  const receiver = await startReceiver(cleanup, answer)
  let read = 0
  const target: WebhookTarget = {
    receiver,
    held: [],
    isStalled: false,
    attributes: { url: receiver.url, maxRetries: 0 },
    async receive() {
      read += 1
      return (await receiver.until(read))[read - 1]?.body ?? Buffer.alloc(0)
    },
    async close() {
      for (const action of cleanups) await action()
    },
  }
  return target
}

test('a request has the method, the path, the body, the content type of the handler and what is known of the event', async (t) => {
  const receiver = await startReceiver(t)
  const { sink } = await openWebhook(t, { url: `${receiver.url}/in?a=1`, method: 'put' })
  const timestamp = new Date('2030-01-02T03:04:05.678Z')
  const facts = { contentType: 'application/json', eventId: 'e-1', timestamp, fields: { frame_num: 12 } }
  await sink.write(sinkItem('{"a":1}', facts))
  const [request] = receiver.requests
  assert.deepEqual([request?.method, request?.path, String(request?.body)], ['PUT', '/in?a=1', '{"a":1}'])
  const { headers } = request ?? assert.fail()
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['content-length'], '7')
  assert.equal(headers['x-event-id'], 'e-1')
  assert.equal(headers['x-timestamp'], '2030-01-02T03:04:05.678Z')
  assert.equal(headers['x-frame-number'], '12')
  assert.match(headers['user-agent'] ?? '', /^Pelton\/\d+\.\d+\.\d+$/)
})

test('configured headers win, in any letter case; without any content type it is bytes', async (t) => {
  const receiver = await startReceiver(t)
  const headers = { 'content-TYPE': 'text/csv', 'X-API-Key': 'k', 'user-agent': 'me', 'x-event-id': 'mine' }
  const configured = await openWebhook(t, { url: receiver.url, headers })
  await configured.sink.write(sinkItem('a', { contentType: 'application/json' }))
  const plain = await openWebhook(t, { url: receiver.url })
  await plain.sink.write(sinkItem('a'))
  const [first, second] = receiver.requests.map((request) => request.headers)
  assert.equal(first?.['content-type'], 'text/csv')
  assert.deepEqual([first?.['x-api-key'], first?.['user-agent'], first?.['x-event-id']], ['k', 'me', 'mine'])
  assert.equal(second?.['content-type'], 'application/octet-stream')
})

test('ids that no header may hold, and times that are none, are written so that they can be sent', async (t) => {
  const receiver = await startReceiver(t)
  const { sink } = await openWebhook(t, { url: receiver.url })
  const fields = { frame_num: 'ä\r\nX-Evil: 1' }
  const facts = { eventId: 'é 1\n\ud800', timestamp: new Date(Number.NaN), contentType: 'a/b\r\nX-Evil: 1', fields }
  await sink.write(sinkItem('a', facts))
  const { headers } = receiver.requests[0] ?? assert.fail()
  assert.equal(headers['x-event-id'], '%C3%A9%201%0A%EF%BF%BD')
  assert.equal(headers['x-frame-number'], '%C3%A4%0D%0AX-Evil:%201')
  assert.equal(headers['content-type'], 'application/octet-stream')
  assert.equal(headers['x-timestamp'], undefined)
  assert.equal(headers['x-evil'], undefined)
})

test('credentials in the url become basic authorization, and no message shows them', async (t) => {
  const receiver = await startReceiver(t, statuses(200, 404))
  const { sink } = await openWebhook(t, { url: `http://user:p%40ss@127.0.0.1:${receiver.port}/in?key=hidden` })
  await sink.write(sinkItem('a'))
  const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
  assert.equal(receiver.requests[0]?.headers.authorization, basic)
  const headers = { authorization: 'Bearer t' }
  const other = await openWebhook(t, { url: `http://user:pass@127.0.0.1:${receiver.port}`, headers })
  await rejection(other.sink.write(sinkItem('a')))
  assert.equal(receiver.requests[1]?.headers.authorization, 'Bearer t')
  const { message } = await rejection(sink.write(sinkItem('a')))
  assert.equal(message, `webhook http://127.0.0.1:${receiver.port}/in refused an answer: status 404, attempt 1`)
})

test('a signature can be checked by whoever knows the secret, and is that of the time of the attempt', async (t) => {
  const receiver = await startReceiver(t, statuses(503, 200))
  const { sink } = await openWebhook(t, { url: receiver.url, signing_secret: 'hush' })
  await sink.write(sinkItem(Buffer.from([0, 255, 10])))
  assert.equal(receiver.requests.length, 2)
  for (const { headers, body } of receiver.requests) {
    const [, time, digest] = /^t=(\d+),v1=([\da-f]{64})$/.exec(String(headers['x-signature'])) ?? []
    const signed = Buffer.concat([Buffer.from(`${time}.`), body])
    assert.equal(createHmac('sha256', 'hush').update(signed).digest('hex'), digest)
    assert.ok(Math.abs(Date.now() / 1000 - Number(time)) < 60)
  }
})

test('with a concurrency of 1 items go one after the other through one connection', async (t) => {
  const receiver = await startReceiver(t)
  const { sink } = await openWebhook(t, { url: receiver.url })
  assert.equal(sink.concurrency, 1)
  for (let number = 0; number < 50; number += 1) await sink.write(sinkItem(`${number}`))
  assert.deepEqual(
    receiver.requests.map(({ body }) => Number(body)),
    Array.from({ length: 50 }, (_, number) => number),
  )
  assert.equal(receiver.connections(), 1)
})

test('with more, so many are under way at a time, and connections are used again', async (t) => {
  const held: (() => void)[] = []
  const receiver = await startReceiver(t, (response) => void held.push(() => response.end()))
  const { sink } = await openWebhook(t, { url: receiver.url, concurrency: 4 })
  assert.equal(sink.concurrency, 4)
  for (const round of [1, 2, 3]) {
    const writes = ['a', 'b', 'c', 'd'].map((body) => sink.write(sinkItem(body)))
    await receiver.until(round * 4)
    for (const answer of held.splice(0)) answer()
    await Promise.all(writes)
  }
  assert.equal(receiver.connections(), 4)
})

test('an answer of any size is read no further than needed, and only its connection is lost', async (t) => {
  let sent = 0
  const receiver = await startReceiver(t, (response, number) => {
    if (number > 1) return void response.end('small')
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
    }
    response.on('drain', more)
    more()
  })
  // Time stands still, so it is the size that counts.
  const { sink } = await openWebhook(t, { url: receiver.url }, { clock: new FakeClock() })
  await within('a write with an endless answer', sink.write(sinkItem('a')))
  await waitUntil('the end of that answer', () => receiver.open() === 0)
  assert.ok(sent < 64 << 20, `${sent} bytes were read`)
  for (const body of ['b', 'c']) await sink.write(sinkItem(body))
  assert.equal(receiver.connections(), 2)
})

test('an answer whose body comes a byte at a time is a delivery that does not wait for its end', async (t) => {
  const receiver = await startReceiver(t, (response) => {
    const timer = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(timer))
  })
  const { sink } = await openWebhook(t, { url: receiver.url })
  await within('the write', sink.write(sinkItem('a')), 4000)
  await waitUntil('the end of that answer', () => receiver.open() === 0)
  assert.equal(receiver.requests.length, 1)
})

test('an answer that comes before the whole request ends it, and its connection', async (t) => {
  let isGone = false
  const server = net.createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => {
        // It reads no further than the head, for a while.
        socket.pause().write('HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n')
        setTimeout(() => socket.resume(), 100)
      })
    socket.once('close', () => (isGone = true))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const { sink } = await openWebhook(t, { url }, { clock: new FakeClock() })
  const error = await rejection(within('the write', sink.write(sinkItem(Buffer.alloc(64 << 20)))))
  assert.match(error.message, /status 413/)
  await waitUntil('the end of the connection', () => isGone)
})

test('what is no HTTP, or switches protocols unasked, is no delivery', async (t) => {
  const answers = [
    '220 mail.example ESMTP\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  ]
  for (const answer of answers) {
    const server = net.createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.write(answer)),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const { sink } = await openWebhook(t, { url: `http://127.0.0.1:${port}`, maxRetries: 1 })
    const { code } = await rejection(within('the write', sink.write(sinkItem('a')), 4000))
    assert.match(code, /^webhook_(failed|refused)$/)
    await sink.close(0)
  }
})

test('closing lets a delivery that is under way finish', async (t) => {
  const held: (() => void)[] = []
  const receiver = await startReceiver(t, (response) => void held.push(() => response.end()))
  const { sink } = await openWebhook(t, { url: receiver.url })
  const write = sink.write(sinkItem('a'))
  await receiver.until(1)
  const close = sink.close(10_000)
  for (const answer of held) answer()
  await within('the write', write)
  await within('the close', close)
})

test('closing cuts at its deadline what waits for an answer, and what waits for its next attempt', async (t) => {
  const receiver = await startReceiver(t, (response, _number, { body }) => {
    if (String(body) === 'retried') response.writeHead(503).end()
  })
  const { sink } = await openWebhook(t, { url: receiver.url, retryDelay: '1h', timeout: '1h', concurrency: 2 })
  const writes = ['hangs', 'retried'].map((body) => rejection(sink.write(sinkItem(body))))
  await receiver.until(2)
  await within('the close', sink.close(50), 4000)
  const failures = await within('the writes', Promise.all(writes))
  assert.deepEqual(
    failures.map(({ code, message }) => [code, /the sink was closed$|status 503$/.test(message)]),
    [
      ['webhook_cut', true],
      ['webhook_cut', true],
    ],
  )
  assert.equal((await rejection(sink.write(sinkItem('late')))).code, 'sink_not_open')
})

test('https is trusted by the configured certificates, or not asked for its own', async (t) => {
  const folder = await createTempFolder(t, { 'ca.pem': testCertificate.cert, 'bad.pem': 'no certificate' })
  const receiver = await startReceiver(t, statuses(200), { isSecure: true })
  for (const tls of [{ ca: 'ca.pem' }, { rejectUnauthorized: false }]) {
    const { sink } = await openWebhook(t, { url: receiver.url, tls }, { folder })
    for (const body of ['a', 'b']) await sink.write(sinkItem(body))
  }
  assert.equal(receiver.connections(), 2)
  const { sink } = await openWebhook(t, { url: receiver.url, maxRetries: 0 }, { folder })
  assert.match((await rejection(sink.write(sinkItem('a')))).message, /self-signed/)
  for (const [ca, code] of [
    ['bad.pem', 'authorities_invalid'],
    ['gone.pem', 'tls_unreadable'],
  ]) {
    const bad = await createSink(manifest, { url: receiver.url, tls: { ca } }, { folder })
    const error = await rejection(bad.open(() => undefined))
    assert.deepEqual([error.code, error.retryable], [code, false])
    assert.ok(error.message.includes(path.join(folder, ca ?? '')))
  }
})
