import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { type Cleanup, createTempFolder } from '@pelton/testkit'
import type { Verdict } from './judge-answer.ts'
import { judgeRuns } from './judge-runs.ts'
import type { RequestKind } from './request-kinds.ts'

const echo: RequestKind = { name: 'echo', share: 0, expects: 'own-body' }
const failed: Verdict = { suffered: 'was answered with 500' }
const kill: RequestKind = { name: 'kill', share: 1, expects: 'server-error', dooms: true }

/** Judges requests of which number 0 is the one that kills its process. */
async function judge(
  test: Cleanup,
  verdicts: (Verdict | undefined)[],
  { runs, oneAtATime = false }: { runs: string; oneAtATime?: boolean },
): Promise<string[]> {
  const folder = await createTempFolder(test, { 'runs.txt': runs })
  const kinds = verdicts.map((_, number) => (number === 0 ? kill : echo))
  return judgeRuns({ name: 'some', oneAtATime, kinds: [kill] }, { kinds, verdicts }, path.join(folder, 'runs.txt'))
}

test('requests that ran once, and those whose client left and that did not run, are right', async (t) => {
  const runs = '/kill/0 10\n/echo/1 10\n/echo/2 11\n'
  assert.deepEqual(await judge(t, ['right', failed, 'right', 'left'], { runs }), [])
})

test('a request that ran twice is a fault, whatever was answered', async (t) => {
  const runs = '/kill/0 10\n/echo/1 10\n/echo/1 11\n'
  assert.deepEqual(await judge(t, ['right', 'left'], { runs }), ['some: request 1 (echo) was run 2 times'])
})

test('an answer without a run, and a failure before it, are faults', async (t) => {
  assert.deepEqual(await judge(t, ['right', 'right', failed], { runs: '/kill/0 10\n' }), [
    'some: request 1 (echo) was answered without a run',
    'some: request 2 (echo) was answered with 500 before it was begun',
  ])
})

test('a failure in a process that nobody killed is a fault', async (t) => {
  const runs = '/kill/0 10\n/echo/1 11\n'
  assert.deepEqual(await judge(t, ['right', failed], { runs }), [
    'some: request 1 (echo) was answered with 500, though nobody took process 11 along',
  ])
})

test('where events run one at a time none may suffer from another', async (t) => {
  const runs = '/kill/0 10\n/echo/1 10\n'
  assert.deepEqual(await judge(t, ['right', failed], { runs, oneAtATime: true }), [
    'some: request 1 (echo) was answered with 500, though its worker, process 10, had no other event',
  ])
})

test('what was wrong with an answer, and one that was never judged, are told', async (t) => {
  assert.deepEqual(await judge(t, [{ wrong: 'was odd' }, undefined], { runs: '' }), [
    'some: request 0 (kill) was odd',
    'some: request 1 (echo) has no verdict',
  ])
})

test('a line that no handler writes ends the judging', async (t) => {
  await assert.rejects(judge(t, ['right'], { runs: '/echo/7 1\n' }), /a line that no handler wrote: \/echo\/7 1/)
})
