import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type RawClient, connectRaw, waitUntil } from '@pelton/testkit'
import { type Answer, serveSuite } from './serve-function.ts'

const served = serveSuite('streams')

for (const trigger of ['http', 'dispatched']) {
  describe(`streamed answers, trigger ${trigger}`, () => {
    const ask = (path: string, body = ''): Promise<Answer> => served().ask(body, { path, url: served().urlOf(trigger) })
    const open = async (path: string): Promise<RawClient> => {
      const client = await connectRaw(Number(new URL(served().urlOf(trigger)).port))
      return client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    }
    const logged = (message: string): number =>
      served()
        .pelton.lines()
        .filter((line) => line.message === message && line['trigger'] === trigger).length

    test('each value is a chunk that arrives when it is yielded', async (t) => {
      const client = await open('/demand')
      t.after(() => client.close())
      await client.until(/transfer-encoding: chunked/i)
      for (const text of ['one', 'two!', 'three']) {
        assert.ok(!client.received.includes(text))
        await ask('/next', text)
        await client.until(`\r\n${text.length}\r\n${text}\r\n`)
      }
      await ask('/next', 'end')
      await client.until('\r\n0\r\n\r\n')
      assert.equal(client.closed, false, 'the connection goes on')
    })

    test('streams of Node.js and of fetch are bodies', async () => {
      const readable = await ask('/readable')
      assert.deepEqual([readable.status, readable.type, readable.text], [201, 'text/csv', 'a,b\n'])
      const fetched = await ask('/fetch')
      assert.deepEqual([fetched.status, fetched.type, fetched.text], [200, 'text/x', 'from a response'])
    })

    test('a stream that fails midway cuts the connection without an end, and the reason is in the log', async () => {
      const client = await open('/failing')
      const received = await client.untilClosed()
      assert.match(received, /200 OK[^]*5\r\nfirst\r\n/)
      assert.doesNotMatch(received, /\r\n0\r\n\r\n/)
      await served().pelton.says(/broke midway/)
      assert.equal((await ask('/readable')).status, 201)
    })

    test('a client that leaves a stream aborts the signal, and the iterator is left', async () => {
      const before = { aborted: logged('aborted'), left: logged('left') }
      const client = await open('/endless')
      await client.until('tick')
      client.close()
      await waitUntil('the signal', () => logged('aborted') === before.aborted + 1)
      await waitUntil('the end of the iterator', () => logged('left') === before.left + 1)
    })

    test('a client that leaves before the answer aborts the signal', async () => {
      const before = { aborted: logged('aborted'), waiting: logged('waiting') }
      const client = await open('/wait')
      await waitUntil('the handler', () => logged('waiting') === before.waiting + 1)
      client.close()
      await waitUntil('the signal', () => logged('aborted') === before.aborted + 1)
    })

    test('a producer stops while its client does not read', async () => {
      const produced = async (): Promise<number> => Number((await ask('/produced')).text)
      const before = await produced()
      const client = await open('/flood')
      client.socket.pause()
      let last = -1
      const still = await waitUntil(
        'the producer standing still',
        async () => {
          const now = await produced()
          const stands = now > before && now === last
          last = now
          return stands ? { now } : undefined
        },
        { everyMs: 200 },
      )
      // What sockets and windows hold, in chunks of 64 KiB.
      assert.ok(still && still.now - before < 400, `${still?.now} chunks, ${before} before`)
      client.close()
    })
  })
}
