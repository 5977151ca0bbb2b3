import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { PeltonError } from './pelton-error.ts'
import { handled, waitUntil, within } from '@pelton/testkit'
import { outcomeEnd } from './outcome-end.ts'

const failure = new PeltonError('handler_failed', 'no luck', { blame: 'user', retryable: false, help: '' })

async function* chunks(count: number, seen: string[] = []): AsyncGenerator<Uint8Array> {
  try {
    for (let i = 0; i < count; i += 1) {
      await setImmediate()
      yield Buffer.from(String(i))
    }
    seen.push('read')
  } finally {
    seen.push('left')
  }
}

test('a run ends as its handler answered', async () => {
  assert.deepEqual(await outcomeEnd(handled({ status: 204 })), { status: 204 })
  assert.deepEqual(await outcomeEnd(handled({ status: 302, body: 'x' })), { status: 302 })
  assert.deepEqual(await outcomeEnd(handled({ status: 404 })), { error: 'the handler answered 404' })
  assert.deepEqual(await outcomeEnd({ status: 'failed', error: failure }), { error: 'handler_failed: no luck' })
})

test('a streamed body is read to its end, and one that breaks off is a failure', async () => {
  const seen: string[] = []
  assert.deepEqual(await outcomeEnd(handled({ body: chunks(3, seen) })), { status: 200 })
  assert.deepEqual(seen, ['read', 'left'])
  assert.deepEqual(await outcomeEnd(handled({ body: torn() })), { error: 'torn' })
  const broken = { ...handled(), finished: Promise.reject(new Error('cut')) } as Parameters<typeof outcomeEnd>[0]
  assert.deepEqual(await outcomeEnd(broken), { error: 'cut' })
})

test('a stream that never ends is left when its run is taken back', async () => {
  const revoke = new AbortController()
  const seen: string[] = []
  const endless = outcomeEnd(handled({ body: chunks(Infinity, seen) }), revoke.signal)
  await setImmediate()
  revoke.abort()
  await within('the end', endless)
  await waitUntil('the end of the producer', () => seen.includes('left'))
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }
  const second = new AbortController()
  const stuck = outcomeEnd(handled({ body: silent }), second.signal)
  second.abort()
  await within('the end of a silent one', stuck)
})

// oxlint-disable-next-line require-yield
async function* torn(): AsyncGenerator<Uint8Array> {
  throw new Error('torn')
}
