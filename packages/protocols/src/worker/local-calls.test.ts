import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeltonError } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { createLocalCalls } from './local-calls.ts'

const elsewhere = (operation: string): Promise<unknown> => Promise.resolve(`elsewhere: ${operation}`)

test('an operation that is handled here gets what was sent, the others go elsewhere', async () => {
  const calls = createLocalCalls(elsewhere)
  const payload = { id: 1n }
  const body = Buffer.from('x')
  assert.equal(await calls.call('send', payload, body), 'elsewhere: send')
  calls.on('send', (...given) => Promise.resolve(given))
  const given = calls.call('send', payload, body)
  body.fill('y')
  assert.deepEqual(await given, [payload, Buffer.from('x')])
  assert.equal(await calls.call('close', {}), 'elsewhere: close')
})

test('an operation that fails rejects the call with its own error, or says why', async () => {
  const calls = createLocalCalls(elsewhere)
  const row = { blame: 'user', retryable: false, help: 'open it' } as const
  calls.on('own', () => Promise.reject(new PeltonError('not_open', 'not open', row)))
  calls.on('throw', () => {
    throw new Error('no such connection')
  })
  await assert.rejects(calls.call('own', {}), { code: 'not_open' })
  await assert.rejects(calls.call('throw', {}), { code: 'call_failed', message: /throw.*no such connection/ })
})

test('calls are bounded in number and time', async () => {
  const clock = new FakeClock()
  const calls = createLocalCalls(elsewhere, clock)
  calls.on('wait', () => new Promise(() => undefined))
  const open = Array.from({ length: 256 }, () => calls.call('wait', {}))
  await assert.rejects(calls.call('wait', {}), { code: 'too_many_calls' })
  const settled = Promise.allSettled(open)
  await clock.advance(30_000)
  const codes = new Set((await settled).map((one) => one.status === 'rejected' && (one.reason as PeltonError).code))
  assert.deepEqual([...codes], ['call_timed_out'])
  calls.on('now', () => Promise.resolve(1))
  assert.equal(await calls.call('now', {}), 1)
})
