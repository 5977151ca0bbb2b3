import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connectRaw } from '@pelton/testkit'
import { serveSuite } from './serve-function.ts'

const count = 20
const digits = Array.from({ length: count }, (_, index) => String(index % 10))

for (const placement of ['worker', 'dispatched']) {
  describe(`a handler that fills one buffer again and again, placement ${placement}`, () => {
    const served = serveSuite({
      'handler.ts': `import type { Context, Event } from '@pelton/sdk'
const frame = Buffer.alloc(100)
export const handler = (_: Context, event: Event) => frame.fill(event.body[0] ?? 0)
`,
      'function.yaml': `apiVersion: pelton/v1
kind: Function
metadata: { name: buffers }
spec:
  runtime: nodejs
  handler: handler.ts
  triggers:
    web: { kind: http, url: 127.0.0.1:0, placement: ${placement} }
    chat: { kind: websocket, placement: ${placement}, attributes: { port: 0 } }
`,
    })

    test('each request of a pipeline gets its own bytes', async (t) => {
      const client = await connectRaw(Number(new URL(served().urlOf('web')).port))
      t.after(() => client.close())
      client.send(digits.map((digit) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n${digit}`).join(''))
      const received = await client.until(new RegExp(`(?:\r\n\r\n\\d{100}[^]*){${count}}`))
      assert.deepEqual(
        [...received.matchAll(/\r\n\r\n(\d{100})/g)].map(([, body]) => body),
        whole(digits),
      )
    })

    test('each message of a WebSocket gets its own bytes', async (t) => {
      const socket = new WebSocket(served().urlOf('chat'))
      t.after(() => socket.close())
      socket.binaryType = 'arraybuffer'
      const answers: string[] = []
      const all = new Promise<void>((resolve, reject) => {
        socket.addEventListener('error', () => reject(new Error('the connection broke')))
        socket.addEventListener('message', ({ data }) => {
          answers.push(String(Buffer.from(data as ArrayBuffer)))
          if (answers.length === count) resolve()
        })
        socket.addEventListener('open', () => {
          for (const digit of digits) socket.send(digit)
        })
      })
      await all
      assert.deepEqual(answers, whole(digits))
    })
  })
}

function whole(bytes: readonly string[]): string[] {
  return bytes.map((byte) => byte.repeat(100))
}
