import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connectRaw, findFreePort } from '@pelton/testkit'
import { serve, serveSuite } from './serve-function.ts'

const mebi = 1024 * 1024

describe('the http trigger of a nuclio file', () => {
  const served = serveSuite('limits')

  test('8.2 row 13: /__internal/health is a 200 that nobody counts', async () => {
    const before = await served().counts('small')
    for (const path of ['/__internal/health', '/__internal/healthz?x=1']) {
      const answer = await served().ask(undefined, { path })
      assert.deepEqual([answer.status, answer.text], [200, ''])
    }
    assert.deepEqual(await served().counts('small'), before)
  })

  test('8.2 row 14: of a limit of 64 bytes 63 and 64 pass, and 65 are a 400', async () => {
    const url = served().urlOf('small')
    for (const [bytes, status] of [
      [63, 200],
      [64, 200],
      [65, 400],
    ] as const)
      assert.equal((await served().ask('x'.repeat(bytes), { url })).status, status, `${bytes} bytes`)
    const chunked = await connectRaw(Number(new URL(url).port))
    chunked.send(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n',
      'x'.repeat(65),
      '\r\n0\r\n\r\n',
    )
    await chunked.until('HTTP/1.1 400')
    chunked.close()
    assert.equal((await served().ask('x', { url })).text, '1')
  })

  for (const [trigger, size] of [
    ['two', 2],
    ['four', 4],
    ['eight', 8],
    ['forty', 40],
  ] as const) {
    test(`8.2 row 15: a body of exactly ${size} MiB passes when that is the limit, and one byte more does not`, async () => {
      const url = served().urlOf(trigger)
      const answer = await served().ask(Buffer.alloc(size * mebi, 1), { url })
      assert.deepEqual([answer.status, answer.text], [200, String(size * mebi)])
      const client = await connectRaw(Number(new URL(url).port))
      client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size * mebi + 1}\r\n\r\n`)
      await client.until('HTTP/1.1 400')
      client.close()
    })
  }

  test('8.2 row 17: mode sync, async or none is taken', async () => {
    for (const trigger of ['small', 'sync', 'async'])
      assert.equal((await served().ask('x', { url: served().urlOf(trigger) })).status, 200)
  })
})

test('8.2 row 18: attributes.port is where the function listens, and spec.triggers.x.url wins over it', async (t) => {
  const port = await findFreePort()
  const other = await findFreePort()
  const served = await serve(t, {
    'function.yaml': `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: ports }
spec:
  handler: handler:handler
  runtime: nodejs
  triggers:
    by-port: { kind: http, workerAllocatorName: all, attributes: { port: ${port} } }
    by-url: { kind: http, workerAllocatorName: all, url: "127.0.0.1:${other}", attributes: { port: ${port} } }
`,
    'handler.js': 'exports.handler = (context, event) => context.callback(event.trigger.name)\n',
  })
  assert.equal((await served.ask('', { url: `http://127.0.0.1:${port}` })).text, 'by-port')
  assert.equal((await served.ask('', { url: `http://127.0.0.1:${other}` })).text, 'by-url')
})
