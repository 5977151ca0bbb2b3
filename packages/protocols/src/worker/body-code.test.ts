import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BodyType } from '@pelton/sdk'
import { chunkType, markChunk } from '@pelton/sdk/chunk-type'
import { bodyTypeOf, chunkCode, responseCode, statusOf } from './body-code.ts'
import { carriers, eventOf, answer, startPair } from './fixtures/wire-pair.ts'
import { startScripted } from './fixtures/scripted-host.ts'
import { frameFlag, frameType } from './frame.ts'

const types = ['text', 'bytes', undefined] as const

/** The types of a body's chunks. */
async function typesOf(body: unknown): Promise<unknown[]> {
  const seen: unknown[] = []
  for await (const chunk of body as AsyncIterable<Buffer>) seen.push(chunkType(chunk))
  return seen
}

function chunk(type: BodyType | undefined, size: number): Buffer {
  const bytes = Buffer.alloc(size, 'x')
  return type === undefined ? bytes : markChunk(bytes, type)
}

test('status and body type share the code', () => {
  for (const status of [200, 404, 599]) {
    assert.deepEqual([responseCode(status, 'text'), responseCode(status, 'bytes')], [0x8000 + status, 0x4000 + status])
    for (const type of types) {
      const code = responseCode(status, type)
      assert.deepEqual([code <= 0xffff, statusOf(code), bodyTypeOf(code)], [true, status, type])
    }
  }
})

test('chunks have a code of their own', () => {
  assert.deepEqual(
    types.map((type) => chunkCode(chunk(type, 1))),
    [1, 2, 0],
  )
})

for (const carrier of Object.keys(carriers) as (keyof typeof carriers)[]) {
  test(`over ${carrier}, bodies and chunks arrive as what they were given`, async () => {
    const { worker } = await startPair(
      async (event) => {
        const at = Number(event.body.toString())
        if (at === 3) return answer({ body: stream() })
        const bodyType = types[at]
        return answer({ body: Buffer.from('x'), ...(bodyType === undefined ? {} : { bodyType }) })
      },
      { carrier },
    )
    async function* stream(): AsyncGenerator<Buffer> {
      for (const size of [1, 20_000]) for (const type of types) yield chunk(type, size)
    }
    for (const [at, type] of types.entries()) {
      const outcome = await worker.handle(eventOf(`${at}`)).outcome
      assert.ok(outcome.status === 'handled')
      assert.equal(outcome.response.bodyType, type)
    }
    const streamed = await worker.handle(eventOf('3')).outcome
    assert.ok(streamed.status === 'handled')
    assert.deepEqual(await typesOf(streamed.response.body), [...types, ...types])
    await worker.stop(1000)
  })
}

test('a stream and an absent body have no type of their own, whatever the host says', async (t) => {
  const host = await startScripted(t)
  for (const flags of [frameFlag.stream, frameFlag.noBody]) {
    const task = host.worker.handle(eventOf())
    const { id } = (await host.received(frameType.event, flags === frameFlag.stream ? 1 : 2)).at(-1)!
    host.send({ type: frameType.response, id, flags, code: responseCode(200, 'text') })
    const outcome = await task.outcome
    assert.ok(outcome.status === 'handled' && !('bodyType' in outcome.response))
  }
})

for (const [what, code] of [
  ['a body of two types', 0xc000 + 200],
  ['a body without a status', 0x8000],
] as const) {
  test(`${what} ends the worker`, async (t) => {
    const host = await startScripted(t)
    const task = host.worker.handle(eventOf())
    const [event] = await host.received(frameType.event)
    host.send({ type: frameType.response, id: event!.id, code, body: Buffer.from('x') })
    assert.equal((await task.outcome).status, 'failed')
    assert.equal((await host.worker.ended).error?.code, 'wire_broken')
  })
}

test('a chunk of a type that there is not ends the worker', async (t) => {
  const host = await startScripted(t)
  const task = host.worker.handle(eventOf())
  const { id } = (await host.received(frameType.event))[0]!
  host.send({ type: frameType.response, id, code: 200, flags: frameFlag.stream })
  host.send({ type: frameType.chunk, id, code: 3, body: Buffer.from('x') })
  assert.equal((await task.outcome).status, 'handled')
  assert.equal((await host.worker.ended).error?.code, 'wire_broken')
})
