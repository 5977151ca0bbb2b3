import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WorkerCalls } from './worker-calls.ts'

describe('calls from the handler side', () => {
  it('reach the trigger of the pool that handles the operation', async () => {
    const calls = new WorkerCalls()
    calls.set('chat', 'push', (payload, body) => Promise.resolve([payload, String(body)]))
    assert.deepEqual(await calls.call(['web', 'chat'], 'push', 1, Buffer.from('x')), [1, 'x'])
  })

  it('reach every trigger of the pool that knows the operation: numbers are added, booleans or-ed', async () => {
    const calls = new WorkerCalls()
    const answers: Record<string, [unknown, unknown]> = { count: [2, 3], found: [false, true], first: ['a', 'b'] }
    for (const [operation, [one, other]] of Object.entries(answers)) {
      calls.set('web', operation, () => Promise.resolve(one))
      calls.set('chat', operation, () => Promise.resolve(other))
    }
    assert.equal(await calls.call(['web', 'chat'], 'count', null), 5)
    assert.equal(await calls.call(['web', 'chat'], 'found', null), true)
    assert.equal(await calls.call(['web', 'chat'], 'first', null), 'a')
  })

  it('are refused with unknown_call when no trigger of the pool handles them, or it was stopped', async () => {
    const calls = new WorkerCalls()
    calls.set('chat', 'push', () => Promise.resolve())
    await assert.rejects(calls.call(['web'], 'push', 1), { code: 'unknown_call', message: /web.*push/ })
    calls.clear('chat')
    await assert.rejects(calls.call(['chat'], 'push', 1), { code: 'unknown_call' })
  })
})
