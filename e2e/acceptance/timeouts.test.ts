import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import { type Answer, type ServedFunction, type ServeOptions, serveSuite } from './serve-function.ts'

function describeTimeouts(options: ServeOptions, more: (served: () => ServedFunction) => void): void {
  const served = serveSuite('timeouts', options)
  const send = (work: object): Promise<Answer> => served().ask(JSON.stringify(work))
  const idOf = async (): Promise<string> => {
    const answer = await send({ waitMs: 1 })
    assert.equal(answer.status, 200, answer.text)
    return (JSON.parse(answer.text) as { id: string }).id
  }

  const timesOut = async (work: object): Promise<void> => {
    const begun = performance.now()
    const answer = await send(work)
    assert.ok(performance.now() - begun < 2500, 'answered at the deadline')
    assert.deepEqual([answer.status, answer.type], [408, 'application/json'])
    assert.equal(answer.text, '{"error": "handler timed out"}')
    assert.match(answer.headers.get('x-pelton-event-id') ?? '', /^[0-9a-f-]{36}$/)
  }

  for (const [what, work] of [
    ['an async handler that ignores the signal', { waitMs: 5000 }],
    ['an endless loop', { blocks: true }],
  ] as const) {
    test(`8.8 rows 48 to 51: ${what} is a 408, its worker is replaced, and the function goes on`, async () => {
      const former = await idOf()
      await timesOut(work)
      // As callers do who try again.
      const answer = await waitUntil('the next 200', async () => {
        const next = await send({ waitMs: 0 })
        return next.status === 200 ? next : undefined
      })
      assert.ok(answer)
      assert.notEqual(await idOf(), former)
    })
  }

  more(served)
}

describe('event timeouts in threads', () => {
  describeTimeouts({}, (served) => {
    test('a handler that heeds its signal keeps its worker, and the next request works', async () => {
      const ask = (work: object): Promise<Answer> => served().ask(JSON.stringify(work))
      const former = (await ask({})).text
      const restarts = await served().metric('pelton_worker_restarts_total')
      assert.equal((await ask({ waitMs: 60_000, heeds: true })).status, 408)
      assert.match(String((await served().pelton.line('heeded'))['event_id']), /^[0-9a-f-]{36}$/)
      assert.equal((await ask({})).text, former)
      assert.equal(await served().metric('pelton_worker_restarts_total'), restarts)
    })

    test('timeouts and replacements are in the metrics', async () => {
      assert.ok((await served().metric('pelton_event_timeouts_total')) >= 3)
      assert.equal(await served().metric('pelton_worker_restarts_total', { reason: 'stuck' }), 2)
    })
  })
})

describe('event timeouts in processes', () => {
  describeTimeouts({ args: ['--set', 'spec.isolation=process'] }, () => undefined)
})
