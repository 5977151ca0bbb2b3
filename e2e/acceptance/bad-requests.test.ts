import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type RawClient, connectRaw } from '@pelton/testkit'
import { serveSuite } from './serve-function.ts'

const served = serveSuite('bad-requests')
const head = 'POST /bad HTTP/1.1\r\nHost: x\r\n'

const refused: [what: string, status: number, bytes: string][] = [
  ['no HTTP at all', 400, 'hello there\r\n\r\n'],
  ['a TLS greeting', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['an unknown version', 400, 'GET / HTTP/4.2\r\nHost: x\r\n\r\n'],
  ['no Host', 400, 'GET / HTTP/1.1\r\n\r\n'],
  ['a NUL in a header', 400, 'GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n'],
  ['two Content-Lengths', 400, `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  [
    'Content-Length with Transfer-Encoding',
    400,
    `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'Transfer-Encoding with Content-Length',
    400,
    `${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  ],
  ['a chunk size that is none', 400, `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n`],
  ['a body over the limit', 413, `${head}Content-Length: 1025\r\n\r\n${'x'.repeat(1025)}`],
  [
    'a chunked body over the limit',
    413,
    `${head}Transfer-Encoding: chunked\r\n\r\n401\r\n${'x'.repeat(1025)}\r\n0\r\n\r\n`,
  ],
  ['a header over the limit', 431, `${head}X-Long: ${'x'.repeat(3000)}\r\n\r\n`],
  ['a target over the limit', 431, `GET /${'x'.repeat(3000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['an unknown expectation', 417, `${head}Expect: miracles\r\nContent-Length: 1\r\n\r\nx`],
  ['a client that stalls in its headers', 408, `${head}X-A: `],
  ['a client that stalls in its body', 408, `${head}Content-Length: 10\r\n\r\nabc`],
]

for (const trigger of ['http', 'dispatched']) {
  describe(`bad requests, trigger ${trigger}`, () => {
    const open = (stubborn = false): Promise<RawClient> =>
      connectRaw(Number(new URL(served().urlOf(trigger)).port), { stubborn })
    const stillServes = async (): Promise<void> =>
      assert.equal((await served().ask('fine', { url: served().urlOf(trigger), path: '/fine' })).text, 'fine')

    for (const [what, status, bytes] of refused) {
      test(`${what} is a ${status}, and others are served meanwhile and after`, async (t) => {
        const other = await open()
        t.after(() => other.close())
        other.send('POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfi')
        const client = await open(true)
        t.after(() => client.close())
        client.send(bytes)
        await client.until(`HTTP/1.1 ${status} `)
        if (!what.includes('stalls')) {
          other.send('ne')
          await other.until(/200 OK[^]*fine$/)
        }
        await stillServes()
      })
    }

    test('headers without end are cut off while they still come', async (t) => {
      const client = await open(true)
      t.after(() => client.close())
      client.send(head)
      while (!client.closed) {
        client.send(`X-More: ${'y'.repeat(1000)}\r\n`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      assert.deepEqual(client.statuses, [431])
      await stillServes()
    })

    test('a client that sends a refused body without end is cut off', async (t) => {
      const client = await open(true)
      t.after(() => client.close())
      client.send(`${head}Content-Length: 1000000000\r\n\r\n`)
      await client.until('HTTP/1.1 413')
      while (!client.closed) {
        client.send('x'.repeat(65_536))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await stillServes()
    })

    test('clients that vanish in the middle disturb nobody', async () => {
      for (let round = 0; round < 20; round += 1) {
        const client = await open()
        client.send(`${head}Content-Length: 10\r\n\r\nabc`)
        client.reset()
      }
      await stillServes()
    })
  })
}

test('no handler saw any of it, the log has no error, and the processor is ready', async () => {
  const lines = served().pelton.lines()
  assert.deepEqual(
    lines.filter((line) => line.message === 'handled' && line['path'] !== '/fine'),
    [],
  )
  assert.deepEqual(
    lines.filter((line) => line.level === 'error' || line.level === 'warn'),
    [],
  )
  assert.equal((await fetch(`${served().health}/ready`)).status, 200)
  assert.equal(await served().metric('pelton_worker_restarts_total'), 0)
})
