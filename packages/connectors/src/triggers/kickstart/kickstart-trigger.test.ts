import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, PeltonError } from '@pelton/core'
import { FakeTriggerContext, describeTrigger, handled, startTrigger, triggerSettings, waitUntil } from '@pelton/testkit'
import manifest from './index.ts'

describeTrigger('kickstart', {
  manifest,
  attributes: { event: { body: 'hello', headers: { 'X-A': '1' }, method: 'POST', path: '/go' } },
  emit: () => undefined,
  emitsOnce: true,
  mostPending: 1,
})

const given = {
  attributes: { event: { body: 'hello', headers: { 'Content-Type': 'text/x' }, method: 'PUT', path: '/go' } },
}

test('the event is what was configured', async (t) => {
  const { context } = await startTrigger(t, manifest, given)
  const event = await waitUntil('the event', () => context.events[0])
  assert.equal(Buffer.from(event?.body ?? []).toString(), 'hello')
  assert.deepEqual([event?.method, event?.path, event?.contentType], ['PUT', '/go', 'text/x'])
  assert.deepEqual(event?.headers, { 'content-type': 'text/x' })
  await waitUntil('the log', () => context.logs.some(({ message }) => message === 'kickstart_handled'))
})

test('run again, it does not fire a second time', async () => {
  const trigger = (await manifest.load())(triggerSettings(manifest, given))
  for (const events of [1, 0]) {
    const context = new FakeTriggerContext()
    const run = trigger.run(context)
    await waitUntil('ready', () => context.isReady)
    context.stopNow()
    await run
    assert.equal(context.events.length, events)
  }
})

const failure = new PeltonError('handler_failed', 'no luck', { blame: 'user', retryable: false, help: '' })
const failures: [what: string, outcome: Outcome, error: RegExp][] = [
  ['a handler that failed', { status: 'failed', error: failure }, /handler_failed: no luck/],
  ['an answer that is an error', handled({ status: 404 }), /answered 404/],
  ['a stream that breaks off', handled({ body: brokenStream() }), /torn/],
]
for (const [what, outcome, error] of failures) {
  test(`${what} is logged as an error`, async (t) => {
    const { context } = await startTrigger(t, manifest, {}, () => outcome)
    const record = await waitUntil('the log', () => context.logs.find(({ level }) => level === 'error'))
    assert.equal(record?.message, 'kickstart_failed')
    assert.match(String(record?.facts?.['error']), error)
  })
}

// oxlint-disable-next-line require-yield
async function* brokenStream(): AsyncGenerator<Uint8Array> {
  throw new Error('torn')
}
