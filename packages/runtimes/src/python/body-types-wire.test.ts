import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameFlag, frameType } from '@pelton/protocols/worker'
import { startRawHost } from './fixtures/raw-host.ts'

const text = 0x8000
const bytes = 0x4000

const results = `
    if event.body == b'text':
        return 'x'
    if event.body == b'dict':
        return {'a': 1}
    if event.body == b'bytes':
        return bytearray(b'x')
    if event.body == b'made':
        return context.Response(body=b'x', content_type='text/plain', status_code=201)
    if event.body == b'raised':
        class ExceptionWithResponse(Exception):
            body, content_type, status_code = 'x', 'text/plain', 409
        raise ExceptionWithResponse()
    return iter(['a', b'b', memoryview(b'c'), '']) if event.body == b'stream' else None
`

for (const kind of ['def', 'async def']) {
  test(`results of a handler with ${kind} say whether they are text or bytes`, async (t) => {
    const host = await startRawHost(t, `${kind} handler(context, event):${results}`, { concurrency: 4 })
    for (const [body, code] of [
      ['text', 200 | text],
      ['dict', 200 | text],
      ['bytes', 200 | bytes],
      ['made', 201 | bytes],
      ['raised', 409 | text],
      ['nothing', 200],
    ] as const) {
      host.event(1, body)
      const answer = await host.next()
      assert.deepEqual([answer.type, answer.code], [frameType.response, code], body)
    }
  })

  test(`chunks of a handler with ${kind} say whether they are text or bytes`, async (t) => {
    const host = await startRawHost(t, `${kind} handler(context, event):${results}`)
    host.event(1, 'stream')
    const head = await host.next()
    assert.ok(head.has(frameFlag.stream))
    assert.equal(head.code, 200)
    const codes: number[] = []
    for (let one = await host.next(); one.type !== frameType.end; one = await host.next()) codes.push(one.code)
    assert.deepEqual(codes, [1, 2, 2, 1])
  })
}
