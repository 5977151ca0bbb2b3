import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bytes, type Outcome, PeltonError } from '@pelton/core'
import { eventData, handled } from '@pelton/testkit'
import { errors } from '../../errors.ts'
import { type AttemptEnd, attemptJob } from './attempt.ts'

interface Taken {
  text: string
  isFinal: boolean
}

/** One attempt, and what its output was given. */
async function attempt(outcome: Outcome, isLast = false, fault?: Error): Promise<AttemptEnd & { taken: Taken[] }> {
  const taken: Taken[] = []
  const end = await attemptJob({
    event: eventData(),
    dispatch: async () => outcome,
    abort: new AbortController().signal,
    revoke: new AbortController().signal,
    output: {
      async take(body, isFinal) {
        let text = ''
        for await (const chunk of body) text += Buffer.from(chunk).toString()
        if (fault) throw fault
        taken.push({ text, isFinal })
      },
      async close() {},
    },
    isLast,
  })
  return { ...end, taken }
}

async function* stream(): AsyncGenerator<Bytes> {
  yield Buffer.from('a ')
  yield Buffer.from('stream')
}

test('a body is final when no later one can replace it', async () => {
  const isFinal = async (outcome: Outcome, isLast = false): Promise<boolean | undefined> =>
    (await attempt(outcome, isLast)).taken[0]?.isFinal
  assert.equal(await isFinal(handled({ body: 'whole' })), true)
  assert.equal(await isFinal(handled({ body: stream() })), false)
  assert.equal(await isFinal(handled({ status: 500, body: 'whole' })), false)
  assert.equal(await isFinal(handled({ status: 500, body: 'whole' }), true), true)
  assert.equal(await isFinal(handled({ body: stream() }), true), true)
})

test('the body of an answer is taken whatever its status, an error has none', async () => {
  assert.equal((await attempt(handled({ status: 404, body: stream() }))).taken[0]?.text, 'a stream')
  assert.equal((await attempt(handled({ body: undefined }))).taken[0]?.text, '')
  const error = new PeltonError('x', 'y', { blame: 'user', retryable: true, help: 'z', status: 418 })
  const failure = { reason: 'x: y', help: 'z' }
  assert.deepEqual(await attempt({ status: 'failed', error }), { status: 418, failure, mayRetry: true, taken: [] })
})

test('an answer that cannot be written is a failure that no other attempt mends', async () => {
  const fault = errors.output_failed({ target: 'standard output', reason: 'its reader has closed it' })
  const { mayRetry, failure } = await attempt(handled({ body: 'x' }), false, fault)
  assert.equal(mayRetry, false)
  assert.match(failure?.reason ?? '', /^output_failed: .*standard output: its reader has closed it$/)
  assert.equal(failure?.help, fault.help)
  assert.equal((await attempt(handled({ body: 'x' }), false, new Error('torn'))).mayRetry, true)
})
