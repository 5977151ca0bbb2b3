import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import {
  type HttpServerOptions,
  RawClient,
  connectRaw,
  createTempFolder,
  startHttpServer,
  testCertificate,
  waitUntil,
  within,
} from '@pelton/testkit'
import { createHttpListeners } from './http-listeners.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { HttpServer } from './serve.ts'
import type { HttpUpgrade } from './upgrade.ts'

const ok = (text: string): HttpResponse => ({ status: 200, headers: [], contentType: '', body: Buffer.from(text) })

function asking(path = '/', headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`
}

interface Setting extends HttpServer {
  upgrades: HttpUpgrade[]
  requests: HttpRequest[]
  sockets: Duplex[]
  faults: unknown[]
}

/** A server whose connections echo once they are upgraded. */
async function start(t: TestContext, options: HttpServerOptions = {}): Promise<Setting> {
  const upgrades: HttpUpgrade[] = []
  const requests: HttpRequest[] = []
  const sockets: Duplex[] = []
  const faults: unknown[] = []
  const onUpgrade = (upgrade: HttpUpgrade): void => {
    upgrades.push(upgrade)
    sockets.push(echo(upgrade))
  }
  const onRequest = (request: HttpRequest): HttpResponse => {
    requests.push(request)
    return ok(`${request.path} ${request.body.length}`)
  }
  const server = await startHttpServer(t, onRequest, { onUpgrade, onFault: (fault) => faults.push(fault), ...options })
  return { ...server, upgrades, requests, sockets, faults }
}

function echo(upgrade: HttpUpgrade): Duplex {
  const { socket, early } = upgrade.accept([['X-Agreed', 'yes']])
  socket.on('data', (chunk: Buffer) => socket.write(chunk))
  socket.on('end', () => socket.end())
  if (early.length > 0) socket.unshift(early)
  return socket
}

test('an accepted upgrade answers 101 and hands the connection over with what had come', async (t) => {
  const { port, upgrades } = await start(t)
  const client = await connectRaw(port)
  client.send(asking('/ws?a=1', 'X-A: b\r\n'), 'early')
  const received = await client.until('early')
  assert.match(received, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  assert.match(received, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Agreed: yes\r\n\r\nearly$/)
  await client.send('late').until('late')
  const { head } = upgrades[0]!
  assert.deepEqual(
    [head.method, head.path, head.query, head.header('x-a'), head.remoteAddress],
    ['GET', '/ws', 'a=1', 'b', '127.0.0.1'],
  )
})

test('the protocol is found in a list and in any letter case', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port)
  client.send('GET / HTTP/1.1\r\nHost: x\r\nconnection: keep-alive, upgrade\r\nUPGRADE: h2c, WebSocket\r\n\r\n')
  await client.until('HTTP/1.1 101')
})

test('what looks like a request after the upgrade is bytes of the new protocol', async (t) => {
  const { port, requests } = await start(t)
  const client = await connectRaw(port)
  const smuggled = 'GET /secret HTTP/1.1\r\nHost: x\r\n\r\n'
  await client.send(asking(), smuggled).until(smuggled)
  await client.send(smuggled).until(smuggled + smuggled)
  assert.deepEqual(requests, [])
})

const ordinary: Record<string, [string, string]> = {
  'another protocol': ['GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', '/a 0'],
  'a body': [asking('/c', 'Content-Length: 5\r\n') + 'hello', '/c 5'],
  'a chunked body': [asking('/d', 'Transfer-Encoding: chunked\r\n') + '5\r\nhello\r\n0\r\n\r\n', '/d 5'],
  'an expectation': [asking('/e', 'Expect: 100-continue\r\n'), '/e 0'],
}
for (const [what, [bytes, answer]] of Object.entries(ordinary)) {
  test(`with ${what} it is an ordinary request; what was sent with it must be sent anew`, async (t) => {
    const { port, upgrades, requests } = await start(t)
    const client = await connectRaw(port)
    const received = await client.send(bytes + 'GET /next HTTP/1.1\r\nHost: x\r\n\r\n').untilClosed()
    assert.match(received, new RegExp(`^HTTP/1.1 (100 .*)?200 OK.*Connection: close.*${answer}$`, 's'))
    assert.equal(requests.length, 1)
    assert.deepEqual(upgrades, [])
  })
}

test('a connection is kept by an ordinary request that names another protocol and ends its read', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port)
  for (const path of ['/1', '/2', '/3']) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n`)
    await client.until(`${path} 0`)
  }
  await client.send('GET /last HTTP/1.1\r\nHost: x\r\n\r\n').until('/last 0')
  assert.doesNotMatch(client.received, /Connection: close/)
  client.close()
})

test('wherever reads are cut, requests behind one that names another protocol are answered or refused', async (t) => {
  const { port } = await start(t)
  const first = 'GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
  const both = `${first}GET /2 HTTP/1.1\r\nHost: x\r\n\r\n`
  for (let cut = first.length - 6; cut < first.length + 4; cut++) {
    const client = await connectRaw(port)
    client.send(both.slice(0, cut))
    await new Promise((resolve) => setTimeout(resolve, 15))
    await client.send(both.slice(cut)).until(/\/2 0|Connection: close/)
    assert.match(client.received, /\/1 0/)
    client.close()
  }
})

test('an upgrade in HTTP/1.0 or without a Host is not made', async (t) => {
  const { port, upgrades } = await start(t)
  const old = await connectRaw(port)
  old.send('GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await old.untilClosed()
  assert.deepEqual(old.statuses, [200])
  const nameless = await connectRaw(port)
  nameless.send('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await nameless.until('HTTP/1.1 400')
  assert.deepEqual(upgrades, [])
  nameless.close()
})

test('a site without upgrades answers them like any other request', async (t) => {
  const { port } = await startHttpServer(t, ({ path }) => ok(path))
  const client = await connectRaw(port)
  await client.send(asking('/plain')).until('/plain')
  assert.deepEqual(client.statuses, [200])
  client.close()
})

test('behind a request that is still open an upgrade is an ordinary request, answered in its turn', async (t) => {
  const answer = Promise.withResolvers<HttpResponse>()
  let upgraded = 0
  const onUpgrade = (): void => void (upgraded += 1)
  const onRequest = ({ path }: HttpRequest): Promise<HttpResponse> =>
    path === '/slow' ? answer.promise : Promise.resolve(ok('no upgrade'))
  const { port } = await startHttpServer(t, onRequest, { onUpgrade })
  const client = await connectRaw(port)
  client.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n' + asking())
  await new Promise((resolve) => setTimeout(resolve, 20))
  answer.resolve(ok('slow'))
  assert.match(await client.until('no upgrade'), /slow.*no upgrade/s)
  assert.equal(upgraded, 0)
  client.close()
})

test('after an answered request the same connection may be upgraded', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port)
  await client.send('GET /first HTTP/1.1\r\nHost: x\r\n\r\n').until('/first 0')
  await client.send(asking(), 'hi').until(/101.*hi/s)
})

test('a refusal is answered and closes, although the client goes on sending', async (t) => {
  const onUpgrade = (upgrade: HttpUpgrade): void => upgrade.refuse(403, 'not you\n', [['X-Why', 'origin']])
  const { port } = await start(t, { onUpgrade })
  const client = await connectRaw(port, { stubborn: true })
  client.send(asking(), Buffer.alloc(300_000))
  await client.until('not you')
  client.socket.end()
  const received = await client.untilClosed()
  assert.match(received, /^HTTP\/1\.1 403 Forbidden\r\nConnection: close\r\n(?:.+\r\n)*X-Why: origin\r\n\r\nnot you\n$/)
})

test('an upgrade may be answered later; one that nobody answers is closed as idle', async (t) => {
  const upgrades: HttpUpgrade[] = []
  const onUpgrade = (upgrade: HttpUpgrade): void => void upgrades.push(upgrade)
  const { port } = await start(t, { onUpgrade, limits: { idleTimeoutMs: 60 } })
  const [client, forgotten] = [await connectRaw(port), await connectRaw(port)]
  client.send(asking())
  await waitUntil('the upgrade', () => upgrades.length === 1)
  forgotten.send(asking())
  echo(upgrades[0]!)
  await client.send('hi').until('hi')
  assert.equal(await forgotten.untilClosed(), '')
  assert.equal(client.closed, false)
})

test('an upgraded connection may be silent for longer than any limit of HTTP', async (t) => {
  const limits = { idleTimeoutMs: 20, headerTimeoutMs: 20, requestTimeoutMs: 20 }
  const { port } = await start(t, { limits })
  const [client, idle] = [await connectRaw(port), await connectRaw(port)]
  await client.send(asking()).until('101')
  await idle.untilClosed()
  await new Promise((resolve) => setTimeout(resolve, 100))
  await client.send('still').until('still')
})

test('what the receiver throws is a 500, and the listener is told', async (t) => {
  const bug = new Error('bug')
  const onUpgrade = (): void => {
    throw bug
  }
  const { port, faults } = await start(t, { onUpgrade })
  const client = await connectRaw(port)
  await client.send(asking()).untilClosed()
  assert.deepEqual(client.statuses, [500])
  assert.deepEqual(faults, [bug])
})

test('a header that would break out of its line is not sent', async (t) => {
  const onUpgrade = (upgrade: HttpUpgrade): void => void upgrade.accept([['X-A', 'a\r\nX-B: b']])
  const { port, faults } = await start(t, { onUpgrade })
  const client = await connectRaw(port)
  assert.doesNotMatch(await client.send(asking()).untilClosed(), /X-B/)
  assert.deepEqual(client.statuses, [500])
  assert.equal(faults.length, 1)
})

test('an upgrade is answered once', async (t) => {
  const onUpgrade = (upgrade: HttpUpgrade): void => {
    echo(upgrade)
    upgrade.refuse(403, 'too late\n')
    assert.throws(() => upgrade.accept([]), /answered already/)
  }
  const { port, faults } = await start(t, { onUpgrade })
  const client = await connectRaw(port)
  await client.send(asking(), 'hi').until('hi')
  assert.deepEqual(client.statuses, [101])
  assert.deepEqual(faults, [])
})

test('closing waits for upgraded connections, refuses new ones, and cuts them at the abort', async (t) => {
  const { port, close, sockets } = await start(t)
  const [first, second, idle] = [await connectRaw(port), await connectRaw(port), await connectRaw(port)]
  for (const client of [first, second]) await client.send(asking()).until('101')
  await idle.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('/ 0')
  const abort = new AbortController()
  let isClosed = false
  const closing = close(abort.signal, 5_000).then(() => (isClosed = true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  idle.send(asking())
  assert.match(await idle.untilClosed(), / 503 /)
  await first.send('still').until('still')
  first.socket.end()
  await first.untilClosed()
  assert.equal(isClosed, false)
  abort.abort()
  await within('close', closing)
  assert.ok(sockets.every((socket) => socket.destroyed))
})

test('a path that is closed waits for its own upgraded connections, and cuts them at the abort', async (t) => {
  const listeners = createHttpListeners()
  const options = { host: '127.0.0.1', owner: 'trigger test', maxBodyBytes: 10, onRequest: () => ok('') }
  const upgraded: string[] = []
  const onUpgrade = (upgrade: HttpUpgrade): void => {
    upgraded.push(upgrade.head.path)
    echo(upgrade)
  }
  const all = await listeners.listen({ ...options, port: 0, path: '/a', onUpgrade })
  t.after(() => all.close(AbortSignal.abort()))
  const other = await listeners.listen({ ...options, port: all.port, path: '/b', onUpgrade })
  const [a, b] = [await connectRaw(all.port), await connectRaw(all.port)]
  await a.send(asking('/a')).until('101')
  await b.send(asking('/b')).until('101')
  const abort = new AbortController()
  const closing = other.close(abort.signal)
  await b.send('still').until('still')
  abort.abort()
  await within('close', closing)
  await b.untilClosed()
  await a.send('still').until('still')
  assert.deepEqual(upgraded, ['/a', '/b'])
  const lost = await connectRaw(all.port)
  await lost.send(asking('/b')).until('HTTP/1.1 404')
  lost.close()
})

test('it works over TLS', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const { port, upgrades } = await start(t, { tls: files })
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  const client = new RawClient(socket)
  await client.send(asking('/', ''), 'early').until('early')
  await client.send('late').until('late')
  assert.equal(upgrades[0]?.head.secure, true)
  client.close()
})
