import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { HttpResponse } from '@pelton/protocols/http'
import { createTempFolder, findFreePort, testCertificate } from '@pelton/testkit'
import { infer, json, metadata, serveModel } from './fixtures/serve-model.ts'

test('an unknown model is told with those that there are', async (t) => {
  const { host } = await serveModel(t)
  await assert.rejects(infer({ address: host, model: 'n', input: ['1'] }), {
    code: 'inference_model_unknown',
    message: 'no such model\nThe server has m, other',
  })
  await assert.rejects(infer({ address: host, model: 'm', modelVersion: '9', input: ['1'] }), {
    code: 'inference_model_unknown',
    message: 'no such model',
  })
})

test('the words of a server that refuses are shown, without what a terminal would obey', async (t) => {
  const { host } = await serveModel(t, (path) =>
    path.endsWith('/infer') ? json(400, { error: 'bad \u001b[31m shape' }) : undefined,
  )
  await assert.rejects(infer({ address: host, model: 'm', input: ['[1,2]'] }), {
    code: 'inference_refused',
    message: /\/v2\/models\/m\/infer answered 400: bad \\u\{1b\}\[31m shape$/,
  })
  const silent = await serveModel(t, (path) =>
    path.endsWith('/infer') ? { status: 503, headers: [], contentType: '', body: Buffer.alloc(0) } : undefined,
  )
  await assert.rejects(infer({ address: silent.host, model: 'm', input: ['[1,2]'] }), {
    message: /answered 503: no reason/,
  })
})

test('a gateway that refuses has its say', async (t) => {
  const denied: HttpResponse = { status: 401, headers: [], contentType: 'text/plain', body: Buffer.from('no token\n') }
  const { host } = await serveModel(t, () => denied)
  const expected = { code: 'inference_refused', message: /answered 401: no token$/ }
  await assert.rejects(infer({ address: host, model: 'm', input: ['1'] }), expected)
  await assert.rejects(infer({ address: host, input: ['1'] }), expected)
})

test('what is no inference server is named', async (t) => {
  const page = { status: 200, headers: [], contentType: 'text/html', body: Buffer.from('<html>') } as HttpResponse
  for (const answer of [() => page, () => ({ ...page, status: 404 }), () => ({ hello: 1 }), () => json(302, {})]) {
    const { host } = await serveModel(t, answer)
    await assert.rejects(infer({ address: host, model: 'm', input: ['1'] }), { code: 'inference_not_served' })
    await assert.rejects(infer({ address: host, input: ['1'] }), { code: 'inference_not_served' })
  }
})

test('answers that do not keep to the protocol say how', async (t) => {
  const described = async (change: object): Promise<string> =>
    (await serveModel(t, (path) => (path === '/v2/models/m' ? { ...metadata, ...change } : undefined))).host
  const cases: [object, RegExp][] = [
    [{ inputs: 5 }, /its inputs are no list/],
    [{ inputs: [{}] }, /its input 0 has no name/],
    [{ inputs: [{ name: 'x', datatype: 'FP7', shape: [] }] }, /its input "x" has the datatype FP7, which is unknown/],
    [{ outputs: [{ name: 'y', datatype: 'FP32', shape: ['a'] }] }, /its output "y" has no shape/],
  ]
  for (const [change, message] of cases) {
    await assert.rejects(infer({ address: await described(change), model: 'm', input: ['1'] }), {
      code: 'inference_answer_invalid',
      message,
    })
  }
  const { host } = await serveModel(t, (path) =>
    path.endsWith('/infer') ? { outputs: [{ name: 'y', datatype: 'FP32', shape: [3], data: [1] }] } : undefined,
  )
  await assert.rejects(infer({ address: host, model: 'm', input: ['[1,2]'] }), {
    code: 'inference_answer_invalid',
    message: /3 elements/,
  })
})

test('a server that cannot be reached says why', async (t) => {
  const port = await findFreePort()
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const cases: [string, RegExp][] = [
    [`http://127.0.0.1:${port}`, /nothing listens there/],
    [`https://${(await serveModel(t)).host}`, /does not speak TLS; try http:\/\//],
    [
      `https://${(await serveModel(t, undefined, { tls })).host}`,
      /certificate is signed by itself; NODE_EXTRA_CA_CERTS/,
    ],
    [`http://127.0.0.1:${await answerBytes(t, 'nonsense\r\n\r\n')}`, /does not speak HTTP\/1\.1; is it a gRPC port\?/],
    [`http://127.0.0.1:${await answerBytes(t, '')}`, /closed before an answer/],
    [
      `http://127.0.0.1:${await answerBytes(t, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')}`,
      /the answer broke off/,
    ],
    ['http://nothing.invalid', /there is no host of this name|cannot be looked up/],
  ]
  for (const [address, message] of cases) {
    await assert.rejects(
      infer({ address, model: 'm', input: ['1'] }),
      { code: 'inference_unreachable', message },
      address,
    )
  }
  const slow = await answerBytes(t, undefined)
  await assert.rejects(infer({ address: `127.0.0.1:${slow}`, model: 'm', input: ['1'], timeout: 50 }), {
    message: /no answer within 0\.05 s/,
  })
})

/** A server that says this to whoever says something, and ends; undefined: says nothing. */
async function answerBytes(t: TestContext, bytes: string | undefined): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (bytes === undefined ? undefined : socket.end(bytes)))
    t.after(() => void socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
