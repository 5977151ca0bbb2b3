import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bytes, systemClock } from '@pelton/core'
import { type BodyStreamOptions, followStream } from './body-stream.ts'

function options(given: Partial<BodyStreamOptions> = {}): BodyStreamOptions {
  return {
    signal: undefined,
    clock: systemClock,
    inside: (call) => call(),
    broken: (cause) => new Error('broken', { cause }),
    left: () => new Error('left'),
    ...given,
  }
}

async function* endless(seen: string[]): AsyncGenerator<Bytes> {
  try {
    for (;;) yield Buffer.from('x')
  } finally {
    seen.push('cleaned')
  }
}

const stuck: AsyncIterable<Bytes> = {
  [Symbol.asyncIterator]: () => ({
    next: () => new Promise(() => undefined),
    return: () => new Promise(() => undefined),
  }),
}

test('a producer that cannot be stopped holds its slot for a bounded time', async () => {
  const waits: (() => void)[] = []
  const clock = {
    ...systemClock,
    after: (_: number, action: () => void) => {
      waits.push(action)
      return { cancel: () => undefined }
    },
  }
  const { body, finished } = followStream(stuck, options({ clock }))
  const reader = body[Symbol.asyncIterator]()
  const pending = assert.rejects(reader.next(), /left/)
  const leaving = reader.return?.()
  await pending
  assert.equal(waits.length, 1)
  waits[0]?.()
  await assert.rejects(finished, /left/)
  await leaving
})

test('a signal that has aborted already stops the producer before its first chunk', async () => {
  const seen: string[] = []
  const { body, finished } = followStream(endless(seen), options({ signal: AbortSignal.abort() }))
  await assert.rejects(finished, /left/)
  await assert.rejects(body[Symbol.asyncIterator]().next(), /left/)
})

test('leaving twice, or after the end, does nothing more', async () => {
  const seen: string[] = []
  const { body, finished } = followStream(endless(seen), options())
  const reader = body[Symbol.asyncIterator]()
  await reader.next()
  await reader.return?.()
  await reader.return?.()
  await assert.rejects(finished, /left/)
  assert.deepEqual(seen, ['cleaned'])
})

test('a stream that has ended lets go of the signal', async () => {
  const controller = new AbortController()
  const short = (async function* () {
    yield Buffer.from('x')
  })()
  const { body, finished } = followStream(short, options({ signal: controller.signal }))
  for await (const chunk of body) assert.equal(chunk.byteLength, 1)
  await finished
  controller.abort()
  assert.deepEqual(await body[Symbol.asyncIterator]().next(), { done: true, value: undefined })
})

test('a producer whose clean-up throws is left all the same', async () => {
  const source: AsyncIterable<Bytes> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: Buffer.from('x') }),
      return: () => Promise.reject(new Error('clean-up')),
    }),
  }
  const { body, finished } = followStream(source, options())
  for await (const _ of body) break
  await assert.rejects(finished, /left/)
})
