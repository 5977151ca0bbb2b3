import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { createAuthGuard } from '@pelton/protocols/http-auth'
import { createTempFolder, testCertificate, waitUntil } from '@pelton/testkit'
import { runTrigger } from './fixtures/run-trigger.ts'
import { beginStream, fakeJpeg, part, startCamera } from './fixtures/start-camera.ts'

const user = { username: 'cam', password: 'p@ss:word' }

/** Asks for basic authentication. */
function basic(request: IncomingMessage, response: ServerResponse): void {
  const wanted = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
  if (request.headers.authorization === wanted) return beginStream(response)
  response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end('no')
}

test('credentials of the attributes, or percent-encoded in the url, answer a basic challenge', async (t) => {
  const camera = await startCamera(t, { answer: basic })
  const inUrl = camera.url.replace('//', '//cam:p%40ss%3Aword@')
  for (const attributes of [
    { url: camera.url, ...user },
    { url: inUrl },
    { url: inUrl.replace('cam:', 'other:'), ...user },
  ]) {
    const before = camera.requests.length
    const { untilReady, context } = runTrigger(t, { attributes })
    await untilReady(true)
    const asked = camera.requests.slice(before).map(({ headers }) => headers.authorization !== undefined)
    assert.deepEqual(asked, [false, true], 'they are not sent unasked')
    context.abortNow()
  }
})

test('digest challenges are answered, by SHA-256 where it is offered, and pictures are asked for without a new one', async (t) => {
  for (const algorithms of [['MD5'], ['SHA-256', 'MD5']] as const) {
    const guard = createAuthGuard({ ...user, realm: 'camera', algorithms, asksQuality: true })
    const camera = await startCamera(t, {
      answer: ({ headers, method = '', url = '' }, response, number) => {
        const verdict = guard.check(headers.authorization, { method, uri: url })
        if (verdict === 'granted')
          return void response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(fakeJpeg(`${number}`))
        response.writeHead(401, { 'WWW-Authenticate': guard.challenge() }).end()
      },
    })
    const { clock, frames, context } = runTrigger(t, { attributes: { url: `${camera.url}?size=1`, ...user } })
    assert.deepEqual(await frames(1), ['2'])
    await waitUntil('the wait', () => clock.pending === 1)
    await clock.advance(1000)
    assert.deepEqual(await frames(2), ['2', '3'])
    const algorithm = algorithms[0] === 'MD5' ? /algorithm=MD5/ : /algorithm=SHA-256/
    assert.match(camera.requests.at(-1)?.headers.authorization ?? '', algorithm)
    context.abortNow()
  }
})

test('a realm beyond ASCII is answered by the bytes that the camera sent', async (t) => {
  const guard = createAuthGuard({ ...user, realm: 'Büro 摄像机' })
  const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')
  const camera = await startCamera(t, {
    answer: ({ headers, method = '', url = '' }, response) => {
      const answered = headers.authorization && Buffer.from(headers.authorization, 'latin1').toString()
      if (guard.check(answered, { method, uri: url }) === 'granted') return beginStream(response)
      response.writeHead(401, { 'WWW-Authenticate': guard.challenge().map(bytesOf) }).end()
    },
  })
  const { untilReady } = runTrigger(t, { attributes: { url: camera.url, ...user } })
  await untilReady(true)
  assert.equal(camera.requests.length, 2)
})

test('wrong credentials are told, and tried again later', async (t) => {
  const camera = await startCamera(t, { answer: basic })
  const { clock, untilReady, logged } = runTrigger(t, { attributes: { url: camera.url, ...user, password: 'wrong' } })
  await untilReady(false)
  assert.equal(logged('source_unreachable')[0]?.facts?.['detail'], 'it refused the credentials')
  assert.ok(!JSON.stringify(logged('source_unreachable')).includes('wrong'))
  assert.equal(camera.requests.length, 2)
  await clock.advance(5000)
  await waitUntil('another attempt', () => camera.requests.length === 4)
})

test('redirects are followed; credentials and headers go to the origin of url alone', async (t) => {
  const other = await startCamera(t)
  const camera = await startCamera(t, {
    answer: (request, response) => {
      if (request.url === '/video') return void response.writeHead(302, { Location: '/moved?x=1' }).end()
      if (request.headers.authorization === undefined) return basic(request, response)
      response.writeHead(307, { Location: other.url.replace('//', '//stolen:x@') }).end()
    },
  })
  const { frames } = runTrigger(t, { attributes: { url: camera.url, ...user, headers: { 'X-Key': 'k' } } })
  await other.send(part(fakeJpeg('here')))
  assert.deepEqual(await frames(1), ['here'])
  assert.deepEqual(
    camera.requests.map(({ url, headers }) => [url, headers['x-key'], headers.authorization !== undefined]),
    [
      ['/video', 'k', false],
      ['/moved?x=1', 'k', false],
      ['/moved?x=1', 'k', true],
    ],
  )
  const [last] = other.requests
  assert.deepEqual([last?.headers['x-key'], last?.headers.authorization], [undefined, undefined])
})

test('a challenge of another origin is not answered, and a circle of redirects ends', async (t) => {
  const greedy = await startCamera(t, { answer: basic })
  const away = await startCamera(t, {
    answer: (_request, response) => void response.writeHead(302, { Location: greedy.url }).end(),
  })
  const first = runTrigger(t, { attributes: { url: away.url, ...user } })
  await first.untilReady(false)
  assert.equal(first.metric('pelton_source_losses_total', { reason: 'unauthorized' }), 1)
  assert.equal(greedy.requests[0]?.headers.authorization, undefined)
  assert.equal(
    first.logged('source_unreachable')[0]?.facts?.['detail'],
    `it redirects to ${greedy.url}, which asks for credentials; to send them there, make that the url`,
  )

  const circle = await startCamera(t, {
    answer: (_request, response) => void response.writeHead(301, { Location: '/video' }).end(),
  })
  const second = runTrigger(t, { attributes: { url: circle.url } })
  await second.untilReady(false)
  assert.equal(circle.requests.length, 6)
  assert.match(String(second.logged('source_unreachable')[0]?.facts?.['detail']), /more than 5 redirects/)
})

test('https is trusted by the configured certificates, or not asked for its own', async (t) => {
  const folder = await createTempFolder(t, { 'ca.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const camera = await startCamera(t, { isSecure: true })
  const shown = { ca: 'ca.pem', cert: 'ca.pem', key: 'key.pem' }
  for (const tls of [{ ca: 'ca.pem' }, { rejectUnauthorized: false }, shown]) {
    const { untilReady, context } = runTrigger(t, { folder, attributes: { url: camera.url, tls } })
    await untilReady(true)
    context.abortNow()
  }
  const { untilReady, logged } = runTrigger(t, { folder, attributes: { url: camera.url } })
  await untilReady(false)
  assert.match(String(logged('source_unreachable')[0]?.facts?.['detail']), /self-signed/)
  const plain = await startCamera(t)
  const noTls = runTrigger(t, { folder, attributes: { url: plain.url.replace('http:', 'https:') } })
  await noTls.untilReady(false)
  assert.equal(noTls.logged('source_unreachable')[0]?.facts?.['detail'], 'it does not speak TLS there')
  const bad = runTrigger(t, { folder, attributes: { url: camera.url, tls: { ca: 'gone.pem' } } })
  await assert.rejects(bad.run, {
    code: 'tls_unreadable',
    retryable: false,
    message: new RegExp(path.join(folder, 'gone.pem')),
  })
})

test('what is no camera is told in words that say what it may be', async (t) => {
  for (const [answer, detail] of [
    ['SSH-2.0-OpenSSH_9\r\n', 'what came is no HTTP'],
    [`HTTP/1.1 200 OK\r\nX-Long: ${'a'.repeat(100_000)}`, 'its header has more than 16 KiB'],
    ['RTSP/1.0 400 Bad Request\r\n\r\n', 'it answered with status 400: it may speak RTSP or TLS there'],
  ] as const) {
    const camera = await startCamera(t, { answer: ({ socket }) => void socket.write(answer) })
    const { logged, context } = runTrigger(t, { attributes: { url: camera.url } })
    const loss = await waitUntil('a loss', () => logged('source_unreachable')[0])
    assert.equal(loss?.facts?.['detail'], detail)
    context.abortNow()
  }
})

test('header lines that end with a line feed alone are taken', async (t) => {
  const camera = await startCamera(t, {
    answer: (request) => {
      request.socket.write('HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace;boundary=frame\n\n')
      request.socket.write(part(fakeJpeg('raw')))
    },
  })
  const { frames } = runTrigger(t, { attributes: { url: camera.url } })
  assert.deepEqual(await frames(1), ['raw'])
})
