import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http2 from 'node:http2'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cleanup, createTempFolder, testCertificate } from '@pelton/testkit'
import { connectHttp2, frame } from '../grpc/fixtures/raw-http2.ts'
import { connectGrpc, startGrpc } from '../grpc/fixtures/start-grpc.ts'
import { deaf, echo, startHttp2 } from './fixtures/start-http2.ts'

const headers = { ':method': 'POST', ':path': '/echo', te: 'trailers' }

interface Answer {
  body: Buffer
  trailers: http2.IncomingHttpHeaders
}

/** Sends the parts, each after a turn of the event loop or all at once, and gives what came back. */
async function exchange(session: http2.ClientHttp2Session, parts: readonly Buffer[], isSlow: boolean): Promise<Answer> {
  const stream = session.request(headers)
  const chunks: Buffer[] = []
  let trailers: http2.IncomingHttpHeaders = {}
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('trailers', (given) => (trailers = given))
  const closed = once(stream, 'close')
  for (const part of parts) {
    stream.write(part)
    if (isSlow) await new Promise((resolve) => setImmediate(resolve))
  }
  stream.end()
  await closed
  return { body: Buffer.concat(chunks), trailers }
}

async function connectWith(t: Cleanup, port: number, settings: http2.Settings): Promise<http2.ClientHttp2Session> {
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings })
  t.after(() => session.destroy())
  await once(session, 'connect')
  return session
}

test('the client of node:http2 gets back what it sent, whatever the sizes, windows and frames', async (t) => {
  const { port } = await startHttp2(t)
  const size = fc.oneof(fc.nat(100), fc.nat(40_000), fc.nat(400_000))
  const calls = fc.array(fc.record({ sizes: fc.array(size, { maxLength: 6 }), isSlow: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  const settings = fc.record({
    initialWindowSize: fc.constantFrom(1_000, 65_535, 1_000_000),
    maxFrameSize: fc.constantFrom(16_384, 100_000, 2 ** 24 - 1),
  })
  await fc.assert(
    fc.asyncProperty(calls, settings, async (sent, given) => {
      const session = await connectWith(t, port, given)
      const answers = sent.map(async ({ sizes, isSlow }) => {
        const parts = sizes.map((each) => randomBytes(each))
        const { body, trailers } = await exchange(session, parts, isSlow)
        assert.equal(body.equals(Buffer.concat(parts)), true)
        if (body.length > 0) assert.equal(trailers['grpc-status'], '0')
      })
      await Promise.all(answers)
      session.destroy()
    }),
    { numRuns: 40 },
  )
})

test('it is the same over TLS, whatever the system takes at once', async (t) => {
  const { cert, key } = testCertificate
  const folder = await createTempFolder(t, { 'cert.pem': cert, 'key.pem': key })
  const tls = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') }
  const { port } = await startHttp2(t, echo, { tls })
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca: cert })
  t.after(() => session.destroy())
  const sizes = [0, 1, 20_000, 300_000, 3_000_000]
  for (const size of sizes) {
    const bodies = [1, 2, 3].map(() => randomBytes(size))
    const answers = await Promise.all(bodies.map((body) => exchange(session, [body], false)))
    for (const [i, { body }] of answers.entries()) assert.equal(body.equals(bodies[i] as Buffer), true)
  }
})

test('a thousand requests at a time over one connection are answered', async (t) => {
  const { port } = await startHttp2(t, echo, { limits: { maxConcurrentStreams: 1_000 } })
  const session = await connectHttp2(t, port)
  const bodies = Array.from({ length: 1_000 }, (_, i) => Buffer.from(`request ${i}`))
  const answers = await Promise.all(bodies.map((body) => exchange(session, [body], false)))
  assert.deepEqual(
    answers.map(({ body }) => body.toString()),
    bodies.map(String),
  )
})

test('headers of requests are given as they were sent, long ones and repeated ones, too', async (t) => {
  const seen: (string | undefined)[] = []
  const { port } = await startHttp2(t, (stream) => {
    seen.push(stream.method, stream.path, stream.header('x-long'), stream.header('x-two'), stream.header('x-none'))
    stream.refuse(204)
    return deaf
  })
  const session = await connectHttp2(t, port)
  for (let i = 0; i < 3; i += 1) {
    const stream = session.request(
      { ...headers, 'x-long': 'x'.repeat(10_000 + i), 'x-two': ['a', 'b'] },
      { endStream: true },
    )
    const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
    assert.equal(response[':status'], 204)
  }
  assert.deepEqual(
    seen,
    [0, 1, 2].flatMap((i) => ['POST', '/echo', 'x'.repeat(10_000 + i), 'a, b', undefined]),
  )
})

test('trailers that are longer than a frame arrive', async (t) => {
  const long = 'é'.repeat(20_000).replaceAll('é', '%C3')
  const { port } = await startHttp2(t, (stream) => {
    stream.write(Buffer.from('x'))
    stream.finish({ 'grpc-status': '2', 'grpc-message': long })
    return deaf
  })
  const session = await connectHttp2(t, port)
  const { trailers } = await exchange(session, [], false)
  assert.equal(trailers['grpc-message'], long)
})

test('streams of grpc-js of all lengths at once come through', async (t) => {
  const { server } = await startGrpc(t)
  const peer = connectGrpc(t, server)
  const calls = Array.from({ length: 60 }, async (_, i) => {
    const sent = Array.from({ length: 1 + (i % 7) }, (_each, j) => randomBytes(((i * 7_919) % 90_000) + j))
    const call = peer.stream('/test.Echo/Stream')
    const got: Buffer[] = []
    call.on('data', (message: Buffer) => got.push(message))
    for (const message of sent) call.write(message)
    call.end()
    const [status] = (await once(call, 'status')) as [{ code: number }]
    assert.equal(status.code, 0)
    assert.equal(
      Buffer.concat(got.map((each) => frame(each))).equals(Buffer.concat(sent.map((each) => frame(each)))),
      true,
    )
  })
  await Promise.all(calls)
})
